"""What a page of the portal may do in a browser: the policies of content and of permissions."""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF

# A page may copy, use passkeys and fill the screen; nothing else that Chromium knows (of others it would warn on each page).
_ASKED_FOR = ("clipboard-write", "fullscreen", "publickey-credentials-create", "publickey-credentials-get")
_NOT_ASKED_FOR = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture", "encrypted-media",
    "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts",
    "magnetometer", "microphone", "midi", "otp-credentials", "payment", "picture-in-picture", "screen-wake-lock",
    "serial", "storage-access", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip


def permissions_policy() -> dict[str, list[str]]:
    return {name: ["self"] for name in _ASKED_FOR} | {name: [] for name in _NOT_ASKED_FOR}


def content_security_policy(*, encrypted: bool) -> dict[str, Any]:
    """Everything from the portal itself, nothing inline, in nobody's frame."""
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF],
            "style-src": [SELF],
            "img-src": [SELF, "data:", "blob:"],
            "font-src": [SELF],
            "connect-src": [SELF],
            "form-action": [SELF],
            "frame-ancestors": [NONE],
            "base-uri": [NONE],
            "object-src": [NONE],
            "upgrade-insecure-requests": encrypted,
        }
    }
