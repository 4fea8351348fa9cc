# ruff: noqa: E501 - lines of traces stay as they are
"""What is recognised in pasted texts, in which order it weighs, and that no text upsets or delays it."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from awayteam.requests.routing.index.keys import number, shape_of_template, shapes_of_path, tails
from awayteam.requests.routing.parse import MAX_CHARACTERS, MAX_LINES, Finding, Kind, parse
from awayteam.requests.routing.parse.frames import frame_of
from awayteam.requests.routing.parse.paths import is_library, module_root, tidy, vanity_module

PYTHON = """2026-03-02 10:00:00,123 ERROR failed
Traceback (most recent call last):
  File "/app/orders/api.py", line 42, in place
    return self.client.post(url)
  File "/app/.venv/lib/python3.11/site-packages/requests/api.py", line 10, in post
    return request("post", url)
requests.exceptions.ConnectionError: HTTPConnectionPool(host='payments.prod.svc.cluster.local', port=80)

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/orders/main.py", line 3, in <module>
    run()
orders.errors.PlaceFailed: no
"""
JAVA = """java.lang.RuntimeException: request failed
\tat com.acme.web.Front.handle(Front.java:10)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: com.acme.orders.OrderNotFound: 7
\tat com.acme.orders.OrderService.lambda$place$0(OrderService.java:42)
\tat com.acme.orders.OrderRepo$$Enhancer.find(<generated>)
\t... 12 more
"""
GO = """panic: nil map

goroutine 1 [running]:
example.com/shop/pkg/cart.(*Cart).Add(0xc000, {0x1})
\t/go/src/example.com/shop/pkg/cart/cart.go:63 +0x1d
main.main()
\t/go/src/example.com/shop/main.go:10 +0x20

goroutine 5 [select]:
net/http.(*Server).Serve()
\t/usr/local/go/src/net/http/server.go:3000 +0x1
"""
FRAMES = [
    ('  File "/app/a/b.py", line 3, in work', "python", "app/a/b.py", "work", False),
    ('  File "<frozen runpy>", line 3, in work', None, "", "", False),
    ("\tat com.acme.Cart.add(Cart.kt:3)", "java", "com/acme/Cart.kt", "com.acme.Cart.add", False),
    ("\tat app//com.acme.Cart$Inner.add(Unknown Source)", "java", "com/acme/Cart.java", "com.acme.Cart$Inner.add", False),
    ("\tat org.springframework.web.Servlet.go(Servlet.java:1)", "java", "org/springframework/web/Servlet.java", "org.springframework.web.Servlet.go", True),
    ("    at Cart.total (webpack://shop/./src/cart/total.ts?a1:12:5)", "javascript", "shop/src/cart/total.ts", "Cart.total", False),
    ("    at async file:///srv/app/server.mjs:1:2", "javascript", "srv/app/server.mjs", "", False),
    ("    at process (node:internal/process/task_queues:95:5)", "javascript", "node:internal/process/task_queues", "process", True),
    ("    at C:\\shop\\src\\cart.js:1:2", "javascript", "shop/src/cart.js", "", False),
    ("total@https://shop.example/static/js/cart.js:3:4", "javascript", "static/js/cart.js", "total", False),
    ("\t/go/src/example.com/shop/cart.go:63 +0x1d", "go", "go/src/example.com/shop/cart.go", "", False),
    ("\t/opt/go/pkg/mod/example.com/lib@v1.2.3/x.go:9 +0x1", "go", "opt/go/pkg/mod/example.com/lib/x.go", "", True),
    ("             at ./src/proxy/inbound.rs:99:13", "rust", "src/proxy/inbound.rs", "", False),
    ("thread 'main' panicked at src/proxy.rs:12:5:", "rust", "src/proxy.rs", "", False),
    ("             at /rustc/abc/library/std/src/panicking.rs:584:5", "rust", "rustc/abc/library/std/src/panicking.rs", "", True),
    ("   at Acme.Orders.Service.Place(Guid id) in /src/Acme.Orders/Service.cs:line 42", "csharp", "src/Acme.Orders/Service.cs", "Acme.Orders.Service.Place", False),
    ("   at Acme.Orders.Api.OrdersController.Post(Order o)", "csharp", "Api/OrdersController.cs", "Acme.Orders.Api.OrdersController.Post", False),
    ("   at System.Linq.Enumerable.First(IEnumerable source)", "csharp", "Linq/Enumerable.cs", "System.Linq.Enumerable.First", True),
    ("app/models/order.rb:12:in `place': boom (RuntimeError)", "ruby", "app/models/order.rb", "place", False),
    ("\tfrom /usr/lib/ruby/gems/3.0/gems/rack-2/lib/rack.rb:1:in `call'", "ruby", "usr/lib/ruby/gems/3.0/gems/rack-2/lib/rack.rb", "call", True),
    ("#1 /var/www/src/Cart.php(33): Acme\\Order->place()", "php", "var/www/src/Cart.php", "Acme\\Order->place()", False),
    ("PHP Fatal error: Uncaught Exception in /var/www/src/Order.php:12", "php", "var/www/src/Order.php", "", False),
    ("    #0 0x4f in place(int) /src/orders/place.cc:12:3", "native", "src/orders/place.cc", "place(int)", False),
    ("#1  0x0000 in cart (n=1) at src/cart.c:77", "native", "src/cart.c", "cart", False),
    ("Shop/Cart.swift:12: Fatal error: Index out of range", "swift", "Shop/Cart.swift", "", False),
    ("it happened at 12:30 (see above)", None, "", "", False),
]  # fmt: skip


@pytest.mark.parametrize(("line", "language", "path", "symbol", "foreign"), FRAMES)
def test_frames_of_many_languages(line: str, language: str | None, path: str, symbol: str, foreign: bool) -> None:
    found = frame_of(line)
    if language is None:
        assert found is None
    else:
        assert found is not None
        assert (found.language, found.path, found.symbol, found.foreign) == (language, path, symbol, foreign)


def frames(text: str) -> dict[str, Finding]:
    return {one.value: one for one in parse(text).findings if one.kind is Kind.FRAME}


def of(text: str, kind: Kind) -> set[str]:
    return {one.value for one in parse(text).findings if one.kind is kind}


def test_in_python_the_first_cause_says_most_and_its_last_frame_is_the_deepest() -> None:
    found = frames(PYTHON)
    cause, outer = found["app/orders/api.py"], found["app/orders/main.py"]
    assert (cause.line, cause.depth, cause.section != outer.section) == (3, 1, True)
    assert cause.weight > outer.weight
    assert found["app/.venv/lib/python3.11/site-packages/requests/api.py"].foreign
    assert parse(PYTHON).remote
    assert "payments" in of(PYTHON, Kind.SERVICE)


def test_in_java_the_last_cause_says_most_and_its_first_frame_is_the_deepest() -> None:
    found = frames(JAVA)
    assert found["com/acme/orders/OrderService.java"].weight > found["com/acme/web/Front.java"].weight
    assert found["com/acme/orders/OrderService.java"].depth == 0
    assert not parse(JAVA).remote


def test_in_go_the_running_goroutine_says_most() -> None:
    found = frames(GO)
    assert found["go/src/example.com/shop/pkg/cart/cart.go"].depth == 0
    assert found["usr/local/go/src/net/http/server.go"].weight < 0.5 * found["go/src/example.com/shop/main.go"].weight


def test_a_trace_in_a_json_line_is_read() -> None:
    line = '{"service":{"name":"checkout"},"error":{"stack_trace":"java.lang.X: y\\n\\tat com.acme.checkout.Flow.go(Flow.java:3)"}}'
    assert "com/acme/checkout/Flow.java" in frames(f"first\n{line}")
    assert frames(f"first\n{line}")["com/acme/checkout/Flow.java"].line == 2
    assert of(line, Kind.SERVICE) == {"checkout"}


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("see component:default/orders and api:x", Kind.REFERENCE, {"component:default/orders", "api:x"}),
        ("POST /v1/carts/{id}/items fails", Kind.OPERATION, {"POST /v1/carts/{id}/items"}),
        ("calling shop.v1.Carts/AddItem", Kind.OPERATION, {"shop.v1.Carts/AddItem"}),
        ('1.2.3.4 - - "GET /v1/orders/7?x=1 HTTP/1.1" 502', Kind.OPERATION, {"GET /v1/orders/7"}),
        ('{"method":"get","path":"/v1/x/1"}', Kind.OPERATION, {"GET /v1/x/1"}),
        ("level=error svc=billing msg=x", Kind.SERVICE, {"billing"}),
        ("pod orders-api-7d9f8c6b5-x2x4z restarted", Kind.SERVICE, {"orders-api"}),
        ("Mar  2 10:00:00 host1 orders-api[17]: down", Kind.SERVICE, {"orders-api"}),
        ("orders-api-1  | started", Kind.SERVICE, {"orders-api"}),
        ("http://orders.shop.svc.cluster.local:80/x", Kind.HOST, {"orders.shop.svc.cluster.local"}),
        ("outbound|8080||orders.shop.svc", Kind.SERVICE, {"orders"}),
        ("no leader for topic orders.created", Kind.TOPIC, {"orders.created"}),
        ("acme/shop#17 and acme/group!4", Kind.REPOSITORY, {"acme/shop", "acme/group"}),
        ("git@github.com:acme/shop.git", Kind.REPOSITORY, {"acme/shop"}),
        ("https://github.com/Acme/Shop/pull/3/files", Kind.REPOSITORY, {"acme/shop"}),
        ("https://git.acme.example/a/b/c/-/merge_requests/9", Kind.REPOSITORY, {"a/b/c"}),
        ("https://git.acme.example/projects/SHOP/repos/cart/browse/src/x.py", Kind.PATH, {"src/x.py"}),
        ("https://gitlab.acme.example/a/b/-/blob/main/src/x.py#L3", Kind.PATH, {"src/x.py"}),
        ("https://gitea.acme.example/a/b/src/branch/main/src/x.py", Kind.PATH, {"src/x.py"}),
        ("https://bitbucket.org/a/b/src/main/src/x.py", Kind.PATH, {"src/x.py"}),
        ("diff --git a/src/x.py b/src/x.py", Kind.PATH, {"src/x.py"}),
        ("in src/cart/total.py:12 it fails", Kind.PATH, {"src/cart/total.py"}),
        ("C:\\shop\\src\\cart.cs:3", Kind.PATH, {"shop/src/cart.cs"}),
        ("https://board.acme.example/d/abc/orders?x=1", Kind.LINK, {"board.acme.example/d/abc/orders"}),
        ("caused by com.acme.orders.OrderNotFound", Kind.MODULE, {"com.acme.orders.OrderNotFound"}),
        ("\x1b[31mcheckout-api\x1b[0m is slow", Kind.NAME, {"checkout-api"}),
    ],
)  # fmt: skip
def test_pieces_of_text(text: str, kind: Kind, values: set[str]) -> None:
    assert of(text, kind) - {"slow"} == values


def test_words_count_only_where_nothing_clearer_is_there() -> None:
    assert "checkout" in of("the checkout is slow", Kind.NAME)
    assert "checkout" not in of("the checkout is slow, see component:default/cart", Kind.NAME)


@pytest.mark.parametrize(
    ("raw", "path"),
    [("webpack:///./src/a.ts?1", "src/a.ts"), ("file:///C:/x/a.js", "x/a.js"), ("a/../b/./c.py", "b/c.py"), ("x.jar!/com/A.class", "com/A.class")],
)  # fmt: skip
def test_paths_are_brought_into_one_form(raw: str, path: str) -> None:
    assert tidy(raw) == path


def test_modules_name_repositories() -> None:
    assert module_root("go/src/github.com/acme/shop/cart/x.go") == "acme/shop"
    assert vanity_module("go/src/knative.dev/serving/pkg/x.go") == ("serving", "pkg")
    assert vanity_module("app/src/cart/x.go") == ()
    assert is_library("/usr/lib/python3.11/json/decoder.py")
    assert not is_library("/app/orders/json/decoder.py")
    assert not is_library("internal/terraform/context.go")


@given(st.lists(st.sampled_from(["orders", "items", "{id}", "v1"]), min_size=1, max_size=5), st.integers(1, 10**6))
def test_a_call_is_found_by_the_shape_of_its_template(parts: list[str], id: int) -> None:
    called = "/" + "/".join(str(id) if part == "{id}" else part for part in parts)
    assert shape_of_template("/" + "/".join(parts)) in set(shapes_of_path(called))


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=3, max_size=6))
def test_keys_of_a_path_are_those_of_its_end(parts: list[str]) -> None:
    assert tails("/".join(parts)) == tails("/".join(parts[-3:]))
    assert tails("/".join(parts))[0] == number(parts[-1])


@settings(deadline=None, max_examples=200)
@example("\x1eA00")  # what Python takes for the end of a line, and nobody else
@given(st.one_of(st.text(max_size=400), st.text("at File\".py:/\\()#0x@ {}=|-_\n\t'", max_size=400)))
def test_no_text_upsets_it(text: str) -> None:
    found = parse(text)
    assert all(0 < one.weight <= 1 and one.line >= 1 and one.value for one in found.findings)
    assert all(one.line <= found.lines for one in found.findings)
    assert found.findings == parse(text).findings


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    many = parse("x\n" * (MAX_LINES + 5))
    assert (many.lines, many.cut) == (MAX_LINES, True)
    assert parse("y" * (MAX_CHARACTERS + 1)).cut
    assert not parse("component:default/x").cut


HOSTILE = (
    "a", "a.", "a/", "a-", "at ", '"', "=", "a=b ", "(", ") in ", "x@", "#1 ", 'File "', "a:1:1", " in a.php",
    ".swift: Fatal error", "-7d9f8c6b5-x2x4z", "GET /", "topic ", "http://", "git@a:", "a_", "Caused by: ", '{"a":',
    "a.b:1", "\\", "a\\", "C:\\", "component:", "$", "a$.", ".rb:", "panicked at ", ".go:", "[", "a/b.", "\x1b[", "pod/",
    "A/B", "a.A/", '"\\', 'a="', " | ", "a1-", "\u202e", "ﬀ", "İ",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_long(piece: str) -> None:
    line = piece * (2_000 // len(piece))
    text = "\n".join([line] * (MAX_CHARACTERS // len(line)))
    began = time.process_time()
    parse(text)
    assert time.process_time() - began < 6, "far more than any machine needs for 256 K characters"
