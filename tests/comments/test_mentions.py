"""Who is meant by what stands after an @, and how a comment's words are shown."""

from __future__ import annotations

import pytest

from comments.directory import Directory
from comments.mentions import CommentError, keep, names_in, readable
from comments.thread import shown
from teams.models import Person
from teams.services import people
from tests.factories import PersonFactory
from tests.okrs.factories import sample_person

pytestmark = pytest.mark.django_db


def kept(text: str, by: Person, *, is_sample: bool = False) -> str:
    return keep(text, Directory(by, is_sample=is_sample)).text


def refused(text: str, by: Person) -> str:
    with pytest.raises(CommentError) as caught:
        kept(text, by)
    assert caught.value.field == "text"
    return caught.value.message


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("@Priya Raman, can you look?", "@<P>, can you look?"),
        ("@priya raman", "@<P>"),
        ("@PriyaRaman", "@<P>"),
        ("ask @p.raman.", "ask @<P>."),
        ("ask @p.raman@example.com.", "ask @<P>."),
        ("(@Priya Raman)", "(@<P>)"),
        ("@Priya Raman's words", "@<P>'s words"),
        ("@小林 美奈さんへ", "@<M>さんへ"),
        ("確認は@小林美奈さんに", "確認は@<M>さんに"),
        ("＠小林　美奈", "@<M>"),
        ("@Priya Ramanさん、@mina", "@<P>さん、@<M>"),
        ("@Priya Raman\n@Priya Raman", "@<P>\n@<P>"),
    ],
)
def test_a_name_an_address_and_what_stands_before_its_at_are_found(
    priya: Person, kobayashi: Person, typed: str, stored: str
) -> None:
    assert kept(typed, priya) == stored.replace("<P>", f"<{priya.pk}>").replace("<M>", f"<{kobayashi.pk}>")


@pytest.mark.parametrize("text", ["tom@acme.example", "a@b", "@ 10:30", "p@5", "@@", "@)", "precision @ 5", "@", "＠"])
def test_what_is_no_mention_stays_as_it_is(priya: Person, text: str) -> None:
    assert kept(text, priya) == text


def test_the_longest_name_is_meant(priya: Person) -> None:
    PersonFactory(name="Priya", email="other@example.com")
    assert kept("@Priya Raman", priya) == f"@<{priya.pk}>"


def test_a_name_does_not_end_within_a_word(priya: Person) -> None:
    PersonFactory(name="Anna", email="a1@example.com")
    assert "“@Annabel”" in refused("@Annabel", priya)
    assert "“@anna-lena”" in refused("@anna-lena", priya)


def test_nobody_is_told_with_who_may_be_meant(priya: Person) -> None:
    assert refused("@Priya, look", priya) == "Nobody is called “@Priya”. Do you mean @Priya Raman?"
    assert refused("@nobody", priya) == ("Nobody is called “@nobody”. Put a space after the @ if you mean no person.")
    assert refused("@<999999>", priya) == "There is nobody with the number 999999."


def test_of_several_the_one_who_can_be_reached_is_meant(priya: Person) -> None:
    left = PersonFactory(name="Priya Raman", email="old@example.com", is_active=False)
    assert kept("@Priya Raman", priya) == f"@<{priya.pk}>"
    assert "no access any more" in refused(f"@<{left.pk}>", priya)


def test_several_are_told_apart(priya: Person) -> None:
    other = PersonFactory(name="Priya Raman", email="priya2@example.com")
    said = refused("@Priya Raman", priya)
    assert said == "“@Priya Raman” can mean several people. Write one of these: @p.raman, @priya2."
    assert kept("@priya2 and @p.raman", priya) == f"@<{other.pk}> and @<{priya.pk}>"


def test_who_shares_name_and_first_half_of_the_address_is_called_by_the_whole(priya: Person) -> None:
    other = PersonFactory(name="Priya Raman", email="p.raman@elsewhere.example")
    directory = Directory(priya, is_sample=False)
    assert directory.handle(other) == "@p.raman@elsewhere.example"
    assert kept(f"{directory.handle(other)} and more", priya) == f"@<{other.pk}> and more"


def test_who_has_no_access_is_not_mentioned(priya: Person, administrator: Person) -> None:
    left = PersonFactory(name="Leo Left", email="leo@example.com")
    people.deactivate(person=left, by=administrator)
    assert refused("@leo hi", priya) == "Leo Left has no access any more and would never see it. Take the mention out."
    people.remove(person=left, by=administrator)
    assert "“@leo”" in refused("@leo hi", priya)
    assert refused(f"@<{left.pk}>", priya).startswith("removed person has no access any more")


def test_a_sample_person_is_mentioned_among_the_sample_only(priya: Person) -> None:
    person = sample_person()
    assert "sample organisation" in refused(f"@<{person.pk}>", priya)
    assert kept(f"@<{person.pk}>", priya, is_sample=True) == f"@<{person.pk}>"


def test_people_are_offered_by_parts_of_names_the_nearest_first(priya: Person, kobayashi: Person) -> None:
    directory = Directory(priya, is_sample=False)
    assert directory.offer("美奈") == [kobayashi]
    assert directory.offer("RAM") == [priya]
    assert directory.offer("mina@") == [kobayashi]
    assert directory.offer("", first=[kobayashi.pk])[0] == kobayashi
    assert directory.offer("example") == []  # what all addresses have in common finds nobody


def test_the_present_name_is_shown(priya: Person, administrator: Person) -> None:
    text = kept("@p.raman knows", priya)
    Person.objects.filter(pk=priya.pk).update(name="Priya <b> Menon")
    assert readable(text, names_in([text])) == "@Priya <b> Menon knows"
    assert shown(text, names_in([text])) == ('<b class="p-mention">@<bdi>Priya &lt;b&gt; Menon</bdi></b> knows')
    people.remove(person=priya, by=administrator)
    assert readable(text, names_in([text])) == "@removed person knows"
    assert readable("@<424242>", {}) == "@removed person"


LINK = '<a href="{0}" rel="noopener nofollow">{0}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a\nb", "a<br>b"),
        ("see https://x.example/a.", f"see {LINK.format('https://x.example/a')}."),
        ("(http://x.example/a_(b))", f"({LINK.format('http://x.example/a_(b)')})"),
        ("詳細はhttps://x.example/aを見て", f"詳細は{LINK.format('https://x.example/a')}を見て"),
        (
            "javascript:alert(1) mailto:a@x.example ftp://x.example",
            "javascript:alert(1) mailto:a@x.example ftp://x.example",
        ),
        ('https://x.example/"onmouseover="', f"{LINK.format('https://x.example/')}&quot;onmouseover=&quot;"),
        ("https://x.example/?a=1&b=2", LINK.format("https://x.example/?a=1&amp;b=2")),
        ("xhttps://x.example https://", "xhttps://x.example https://"),
    ],
)
def test_everything_is_escaped_and_only_http_addresses_are_links(text: str, html: str) -> None:
    assert shown(text, {}) == html
