"""Signing in with a real browser, and what other sites can have that browser do: nothing."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from browsers import MARKS, PATIENCE, Complaints, expect, served
from houses import a_house
from stairlift.web.access.cookies import _NAME
from stairlift.web.app import the_app
from stairlift.wiring import clock
from visitors import a_token

pytestmark = MARKS
FIELD = "Token or one-time code"


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def home(house) -> Iterator[str]:
    with served(the_app(house)) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["with scripts", "without"])
def page(chromium, request) -> Iterator:
    context = chromium.new_context(java_script_enabled=request.param)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def elsewhere() -> Iterator:
    """Another site, to browsers: `localhost` is not 127.0.0.1. `elsewhere(html)` is where its page is."""
    pages: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages[-1].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def put(html: str) -> str:
        pages.append(html)
        return f"http://localhost:{server.server_port}/"

    yield put
    server.shutdown()
    server.server_close()


def signs_in(page, home: str, secret: str, path: str = "/sign-in") -> None:
    page.goto(home + path)
    page.get_by_label(FIELD).fill(secret)
    page.get_by_role("button", name="Sign in").click()


def cookie_of(page) -> dict:
    return next(cookie for cookie in page.context.cookies() if cookie["name"] == _NAME)


def test_with_a_token_in_and_out(house, home, page):
    complaints = Complaints(home)
    complaints.watch(page)
    signs_in(page, home, a_token(house), "/plans")
    page.wait_for_url(f"{home}/plans")
    assert {"httpOnly": True, "sameSite": "Strict", "path": "/"}.items() <= cookie_of(page).items()
    expect(page.get_by_text("ada", exact=True)).to_be_visible()
    page.get_by_role("button", name="sign out").click()
    page.wait_for_url(f"{home}/sign-in")
    page.goto(home)
    expect(page.get_by_label(FIELD)).to_be_visible()
    assert complaints.found == []


def test_with_a_code_of_the_terminal(house, home, page):
    signs_in(page, home, house.codes.issue("ada", clock.now()).lower())
    expect(page.get_by_text("ada@terminal")).to_be_visible()


def test_with_the_link_of_the_terminal_also_where_the_page_is_open_already(house, home, chromium):
    page = chromium.new_page()
    page.goto(f"{home}/sign-in")
    page.goto(f"{home}/sign-in#{house.codes.issue('ada', clock.now())}")
    expect(page.get_by_text("ada@terminal")).to_be_visible()
    assert "#" not in page.url
    page.close()


def test_with_a_wrong_one_it_is_said_where_one_looks(home, page):
    signs_in(page, home, "stl_wrong")
    expect(page.get_by_role("alert").filter(has_text="no token that holds")).to_be_visible()
    expect(page.get_by_label(FIELD)).to_be_focused()
    expect(page.get_by_label(FIELD)).to_have_value("")


def test_a_link_of_another_site_leads_to_the_page_that_it_means(house, home, page, elsewhere):
    """The browser keeps a strict cookie to itself on the way; the sign-in page asks once more."""
    signs_in(page, home, a_token(house))
    page.goto(elsewhere(f'<a href="{home}/plans">the plan</a>'))
    page.get_by_text("the plan").click()
    page.wait_for_url(f"{home}/plans")
    expect(page.get_by_label(FIELD)).to_have_count(0)


def test_a_form_of_another_site_does_nothing(house, home, page, elsewhere):
    signs_in(page, home, a_token(house))
    page.wait_for_url(f"{home}/")
    stranger = 401  # the browser keeps a strict cookie to itself
    for path, field, status in (
        ("/sign-out", "csrf", 403),
        ("/v1/tokens", "name", stranger),
        ("/sign-in", "secret", 403),
    ):
        form = f'<form method="post" action="{home}{path}"><input name="{field}" value="{a_token(house, name="eve")}">'
        page.goto(elsewhere(f"{form}<button>win</button></form>"))
        house.keys.revoke("eve", clock.now())
        with page.expect_response(f"{home}{path}") as answered:
            page.get_by_text("win").click()
        assert answered.value.status == status
    page.goto(home)
    expect(page.get_by_text("ada", exact=True)).to_be_visible()
    assert [token.name for token in house.keys.tokens() if token.revoked_at is None] == ["ada"]


def test_nobody_puts_our_pages_into_frames(house, home, page, elsewhere):
    signs_in(page, home, a_token(house))
    with page.expect_console_message(lambda told: "frame-ancestors" in told.text):
        page.goto(elsewhere(f'<iframe src="{home}/"></iframe>'))


def test_a_script_of_another_site_reads_nothing(chromium, house, home, elsewhere):
    page = chromium.new_context().new_page()
    signs_in(page, home, a_token(house))
    page.goto(elsewhere("<p>here</p>"))
    fetched = page.evaluate(
        """async home => {
            const tried = [];
            for (const how of [{credentials: "include"}, {method: "POST", credentials: "include"},
                               {headers: {"X-Csrf": "x"}, credentials: "include"}])
                tried.push(await fetch(home + "/v1/tokens", how).then(r => r.status, e => "refused"));
            return tried;
        }""",
        home,
    )
    assert fetched == ["refused"] * 3
    page.context.close()


def test_what_hosts_are_called_is_never_a_script(chromium, house, home):
    """The path is whatever somebody puts into a link."""
    page = chromium.new_context().new_page()
    complaints = Complaints(home)
    complaints.expect("404")
    complaints.watch(page)
    signs_in(page, home, a_token(house))
    page.wait_for_url(f"{home}/")
    page.on("dialog", lambda dialog: complaints.found.append("a script ran"))
    page.goto(f"{home}/runs/%3Cimg%20src=x%20onerror=alert(1)%3E")
    expect(page.get_by_role("heading", level=1)).to_contain_text("no run")
    assert complaints.found == []
    page.context.close()
