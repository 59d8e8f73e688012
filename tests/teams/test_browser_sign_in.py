"""Second factors in a real browser: an authenticator app from its set-up to sign-in, and passkeys by a virtual device."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, Page, expect

from teams.models import Organisation, Person
from tests.browsing import faults
from tests.factories import PASSWORD
from tests.teams.authenticator import shown

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


@pytest.fixture
def page(browser: Browser, live_server) -> Iterator[Page]:
    """A page of a device with a fingerprint reader that always agrees. What the browser complains about fails the test."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, base_url=f"http://localhost:{urlsplit(live_server.url).port}"
    )
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    abilities = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    options = abilities | {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    context.close()
    assert [text for text in complaints if not any(code in text for code in ("422", "403"))] == []


def type_password(page: Page, person: Person) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def test_whoever_must_have_one_sets_up_an_app_and_signs_in_with_it(page: Page, editor: Person) -> None:
    Organisation.objects.update(second_factor="everyone")
    type_password(page, editor)
    expect(page.get_by_text("Your organisation requires a second factor.")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Set up the app").click()
    page.wait_for_url("**/security/app/")
    secret = page.get_by_label("Or type this secret into it").input_value()
    cut_off = "field => field.scrollWidth > field.clientWidth || field.scrollHeight > field.clientHeight"
    assert not page.locator("#secret").evaluate(cut_off)
    assert faults(page) == []
    page.get_by_label("Code").fill(shown(secret))
    page.keyboard.press("Enter")
    codes = page.locator("#codes").input_value().split("\n")
    assert len(codes) == 10
    assert faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text() == "\n".join(codes)
    page.goto("/")
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()

    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    type_password(page, editor)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Code").fill(shown(secret))  # the one of the set-up was used
    page.keyboard.press("Enter")
    expect(page.get_by_text("This code did not fit, or was used already.")).to_be_visible()
    page.get_by_label("Code").fill(codes[3])
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()


def test_a_passkey_is_added_and_signs_in_with_and_without_the_password(page: Page, editor: Person) -> None:
    type_password(page, editor)
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()
    page.goto("/account/security/")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_label("Name")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Laptop")).to_be_visible()
    assert faults(page) == []

    def sign_out() -> None:
        page.goto("/accounts/logout/")
        page.get_by_role("main").get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/accounts/login/")

    sign_out()
    type_password(page, editor)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: url.endswith("/") and "accounts" not in url)

    sign_out()
    page.goto("/accounts/login/?next=/account/security/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)  # the sign-in page's own address ends with the way back
    assert page.url.endswith("/account/security/")
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None

    page.goto("/accounts/reauthenticate/?next=/account/")
    assert faults(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: url.endswith("/account/") and "next" not in url)

    # The device has it already; and one that was removed here opens nothing.
    page.goto("/account/security/passkeys/")
    page.get_by_label("Name").fill("Again")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device has a passkey of this account already.")).to_be_visible()
    Authenticator.objects.all().delete()
    sign_out()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("The portal does not know this passkey.")).to_be_visible()
