"""What takes something away offers to take that back (core/undo.py), or stands here with the reason why not.

tests/core/test_undo.py looks at every route whose name says that it takes something away, and fails until it is in one of
the two.
"""

import re

# Words in the name of a route that say that it takes something away, or ends it.
TAKES_AWAY = re.compile(
    r"(^|-)(archive|blank|cancel|close|deactivate|delete|disconnect|discard|drop|end|remove|revoke|refuse|withdraw)(-|$)"
)

# Route -> the kinds of core/undo.py that it offers.
OFFERS = {
    "team-archive": {"team.archive"},
    "team-group-delete": {"group.delete"},
    "member-remove": {"member.remove"},
    "invitation-revoke": {"invitation.revoke"},
    "okr-objective-archive": {"objective.archive"},
    "key-result-archive": {"key_result.archive"},
    "roadmap-drop": {"item.drop"},
    "deployment-withdraw": {"delivery.withdraw"},
    "incident-withdraw": {"delivery.withdraw"},
    "channel-remove": {"channel.remove"},
}

_FOR_GOOD = "ends what may be in wrong hands: it must not come back at a click"
_TEXT = "a text that somebody wants gone is gone at once: what an undo kept would not be gone"
NONE = {
    "team-token-revoke": _FOR_GOOD,
    "organisation-token-revoke": _FOR_GOOD,
    "security-remove": _FOR_GOOD,
    "session-end": _FOR_GOOD,
    "sessions-end-others": _FOR_GOOD,
    "roadmap-blank-note": _TEXT,
    "assessment-blank-comment": _TEXT,
    "key-result-blank-remark": _TEXT,
    "comment-blank": _TEXT,
    "person-deactivate": "the page that follows has “Reactivate”, for as long as one likes; tokens and sessions end for good",
    "person-remove": "the law's removal: asks first, by typing the address, and leaves nothing to bring back",
    "organisation-connection-end": "asks first, and forgets the token at once as it says",
    "organisation-grant-end": "asks first; given again, the team takes it again and finds its own figures",
    "service-end": "asks first; what was counted stays, and the part can be counted again under the repository's page",
    "connection-disconnect": "asks first, and forgets the token at once as it says; “Connect again” brings everything else back",
    "correction-withdraw": "takes back what somebody said; it is said again with the form beside it; both stay told",
    "okr-cycle-close": "the page that follows has “Reopen”, for as long as its grace period lasts",
    "assessment-exemption-refuse": "a decision, kept with name and time; the exemption can be asked for again",
    "backup-delete": "asks first; a file of any size is not kept for the case",
    "backup-withdraw": "what was asked for a moment ago is asked for again with the same button",
    "sample-remove": "asks first; “Load” brings the sample back",
}
