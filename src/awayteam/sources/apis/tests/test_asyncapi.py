import json

from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources.apis import operations
from awayteam.sources.apis.tests.test_openapi import anything

VERSION_2 = """
asyncapi: 2.6.0
info: {title: Lights, version: '1'}
channels:
  light/measured:
    publish:
      summary: Tell about light
      operationId: onLightMeasured
      tags: [{name: light}, {name: sensor}]
  light/turn:
    deprecated: true
    subscribe:
      traits: [{$ref: '#/components/operationTraits/loud'}]
components:
  operationTraits:
    loud: {summary: From a trait}
"""

VERSION_3 = """
asyncapi: 3.0.0
info: {title: Shipping, version: '1'}
channels:
  created: {address: shipping.created}
  reply: {address: null}
  indirect: {$ref: '#/components/channels/far'}
operations:
  sendCreated:
    action: send
    channel: {$ref: '#/channels/created'}
    summary: A parcel was created
    tags: [{$ref: '#/components/tags/parcel'}, {name: events}]
  sendCreatedAgain:
    action: send
    channel: {$ref: '#/channels/created'}
    x-deprecated: true
  receiveReply: {action: receive, channel: {$ref: '#/channels/reply'}}
  receiveFar: {action: receive, channel: {$ref: '#/channels/indirect'}}
  elsewhere: {action: receive, channel: {$ref: './other.yaml#/channels/abroad'}}
components:
  channels: {far: {address: far/away}}
  tags: {parcel: {name: parcel}}
"""


def test_version_2_is_told_from_the_side_of_the_application():
    found, problems = operations("asyncapi", VERSION_2)
    assert problems == []
    assert [(one.key, one.verb, one.path, one.summary, one.deprecated, one.tags) for one in found] == [
        ("receive light/measured", "receive", "light/measured", "Tell about light", False, ("light", "sensor")),
        ("send light/turn", "send", "light/turn", "From a trait", True, ()),
    ]
    assert [one.name for one in found] == ["onLightMeasured", ""]


def test_version_3_follows_channels():
    found, problems = operations("asyncapi", VERSION_3)
    assert problems == []
    assert [(one.key, one.summary, one.deprecated, one.tags) for one in found] == [
        ("send shipping.created", "A parcel was created", False, ("parcel", "events")),
        ("send shipping.created (sendCreatedAgain)", "", True, ()),
        ("receive reply", "", False, ()),
        ("receive far/away", "", False, ()),
        ("receive abroad", "", False, ()),
    ]
    assert [one.name for one in found] == ["sendCreated", "sendCreatedAgain", "receiveReply", "receiveFar", "elsewhere"]


def test_what_bad_input_gets():
    text = """
asyncapi: 3.0.0
operations:
  a: {action: shout, channel: {$ref: '#/channels/x'}}
  b: {action: send}
  c: {action: send, channel: {$ref: '#/channels/missing'}}
  d: 7
  e: {action: receive, channel: {$ref: '#/channels/x'}, tags: nonsense}
channels: {x: {address: x}}
"""
    found, problems = operations("asyncapi", text)
    assert [one.key for one in found] == ["send missing", "receive x"]
    assert [one.message for one in problems] == [
        "operations.a: action must be 'send' or 'receive', found 'shout'",
        "operations.b: channel must be an object with a $ref to a channel",
        "operations.c: its channel #/channels/missing is not described in this file",
        "operations.d: expected an object (key: value), found a text",
        "receive x: tags: expected a list of objects with a name, found a text",
    ]
    assert operations("asyncapi", "asyncapi: 1.2.0\n")[1][0].message.startswith("AsyncAPI 1.2.0 is not read")
    assert "the key 'asyncapi'" in operations("asyncapi", "openapi: 3.0.0\n")[1][0].message


KEYS = [
    "channels",
    "operations",
    "action",
    "channel",
    "$ref",
    "tags",
    "traits",
    "publish",
    "components",
    "operationTraits",
]
shaped = st.recursive(
    anything | st.sampled_from(["send", "#/channels", "#/operations/action"]),
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["2.6.0", "3.0.0"]), st.dictionaries(st.sampled_from(KEYS), shaped, max_size=5))
def test_any_value_at_any_place_gives_problems_and_never_an_exception(version, tree):
    operations("asyncapi", json.dumps({"asyncapi": version, **tree}))
