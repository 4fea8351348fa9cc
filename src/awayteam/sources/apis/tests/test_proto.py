import time

import pytest

from awayteam.sources.apis import operations
from awayteam.sources.apis.proto import parse
from awayteam.sources.shapes import Notes

ORDERS = """
// Licence of the file.

syntax = "proto3";
package orders.v1;
import public "google/api/annotations.proto";
option java_package = "a.b; service Fake { rpc No(A) returns (B); }";

/* Orders of customers.
 * More about it. */
service Orders {
  // Get one order.
  // Second line.
  rpc Get(GetRequest) returns (Order) {
    option (google.api.http) = { get: "/v1/orders/{id}" additional_bindings { post: "/x" } };
  }

  rpc Watch (stream .orders.v1.GetRequest) returns (stream Order);
  rpc Upload(stream Order) returns (Order) { option deprecated = true; };
  rpc Tail(GetRequest) returns (stream Order) { option (google.api.http).post = "/v1/tail"; }
  rpc Legacy(Outer.OldRequest) returns (Order);
  rpc Legacy2(Order) returns (.orders.v1.Outer.OldRequest);
}

service Dead { option deprecated = true; rpc Ping(Order) returns (Order); }

message GetRequest {
  string id = 1 [deprecated = true, (rules) = {pattern: "^}{$", min: 1}];
  oneof kind { string option = 2; int32 rpc = 3; }
  enum Colour { option deprecated = true; RED = 0; }
  map<string, int32> message = 4;
}
message Order { reserved 1, 5 to 9; extensions 100 to max; }
message Outer { message OldRequest { option deprecated = true; } }
"""


def test_services_streams_annotations_and_deprecation():
    found, problems = operations("grpc", ORDERS)
    assert problems == []
    assert [(one.key, one.verb, one.path, one.summary, one.deprecated) for one in found] == [
        ("orders.v1.Orders/Get", "GET", "/v1/orders/{id}", "Get one order.", False),
        ("orders.v1.Orders/Watch", "bidirectional", "/orders.v1.Orders/Watch", "", False),
        ("orders.v1.Orders/Upload", "client stream", "/orders.v1.Orders/Upload", "", True),
        ("orders.v1.Orders/Tail", "POST", "/v1/tail", "", False),
        ("orders.v1.Orders/Legacy", "unary", "/orders.v1.Orders/Legacy", "", True),
        ("orders.v1.Orders/Legacy2", "unary", "/orders.v1.Orders/Legacy2", "", True),
        ("orders.v1.Dead/Ping", "unary", "/orders.v1.Dead/Ping", "", True),
    ]
    assert [one.name for one in found] == ["Get", "Watch", "Upload", "Tail", "Legacy", "Legacy2", "Ping"]


def test_the_first_line_above_a_service_describes_it():
    file = parse(ORDERS, Notes())
    assert (file.package, file.services) == (
        "orders.v1",
        {"orders.v1.Orders": "Orders of customers.", "orders.v1.Dead": ""},
    )


def test_proto2_groups_extensions_and_a_file_without_package():
    text = """syntax = "proto2";
message A { repeated group Result = 1 { required string url = 2; extensions 4 to 8; }
 optional A rpc = 3 [default = 'x']; }
extend A { optional int32 bar = 126; }
service S { rpc M(A) returns (A) {} }
option deprecated = true;
"""
    found, problems = operations("protobuf", text)
    assert problems == []
    assert [(one.key, one.deprecated) for one in found] == [("S/M", True)]


@pytest.mark.parametrize(
    ("text", "message", "line", "keys"),
    [
        (
            "service S {\n rpc A(X) returns Y;\n rpc B(X) returns (Y);\n}",
            "expected: rpc Name (Request) returns (Response)",
            2,
            ["S/B"],
        ),
        ("service S {\n rpc A(X) returns (Y);\n", "service S is never closed; add the missing }", 1, ["S/A"]),
        ("service S { rpc A(X) returns (Y); }\n}", "there is one '}' too many", 2, ["S/A"]),
        ("service {\n rpc A(X) returns (Y); }", "a service needs one name: service Name { ... }", 1, []),
        ("service S {\n rpc A(X) returns (Y)\n}", "a statement is not finished; is a ';' missing before '}'?", 2, []),
        (
            'option x = "open;\nservice S { rpc A(X) returns (Y); }',
            "unexpected character '\"'; is a quote or comment left open?",
            1,
            ["S/A"],
        ),
        (
            "service S { rpc A(X) returns (Y); rpc A(X) returns (Y); }",
            "S/A is declared twice; the first one counts",
            None,
            ["S/A"],
        ),
        ("service S { rpc A(many X) returns (Y); }", "only 'stream' may stand before a type of an rpc", 1, []),
        ("package a b;\nservice S { rpc A(X) returns (Y); }", "expected: package some.name;", 1, ["S/A"]),
        ("message M " + "{" * 300 + "}" * 300, "blocks are nested deeper than 200 levels", 1, []),
        ("message", "the file ends in the middle of a statement", 1, []),
        ("service S {}\n/* open", "a comment is opened here and never closed; add the missing */", 2, []),
    ],
)
def test_a_statement_that_makes_no_sense_does_not_sink_its_neighbours(text, message, line, keys):
    found, problems = operations("grpc", text)
    assert problems[0].message.startswith(message)
    assert problems[0].line == line
    assert [one.key for one in found] == keys


def test_comments_and_strings_are_passed_over():
    text = (
        "// service A { rpc X(Y) returns (Z); }\n/* service B {\n} **/\nservice C { rpc D(E) returns (F) /* } */ ; } //"
    )
    found, problems = operations("grpc", text)
    assert [one.key for one in found] == ["C/D"]
    assert problems == []


@pytest.mark.parametrize(
    "text", ['"\\\\' * 100_000, "/* " * 100_000, "'" * 100_001, "{[" * 50_000, "/*" + "*" * 200_000]
)
def test_hostile_files_take_no_time(text):
    started = time.perf_counter()
    found, problems = operations("grpc", "service S { rpc A(B) returns (C); }\n" + text)
    assert [one.key for one in found] == ["S/A"]
    assert problems
    assert time.perf_counter() - started < 5


def test_ten_thousand_methods_and_a_hostile_run_of_stars_take_no_time():
    text = "service S {" + "".join(f"rpc M{n}(A) returns (B);\n" for n in range(10_000)) + "}\n/*" + "*" * 200_000
    started = time.perf_counter()
    found, _problems = operations("grpc", text)
    assert len(found) == 10_000
    assert time.perf_counter() - started < 5
