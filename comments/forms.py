"""The form under each thread."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from comments.models import LENGTH
from core.forms import RequestForm


class CommentForm(RequestForm):
    text = forms.CharField(
        label=_("Comment"),
        max_length=LENGTH,
        help_text=_("With @ and a name you tell somebody of it."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "data-mentions": True}),
    )

    def begin_here(self) -> None:
        """Where it was refused the cursor stands in it again."""
        self.fields["text"].widget.attrs["autofocus"] = True
