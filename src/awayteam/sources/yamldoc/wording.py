"""What is wrong with a YAML text, in words that say what to do: libyaml's own presume that one knows its grammar."""

from itertools import islice

import yaml

_ADVICE = {
    "mapping values are not allowed in this context": (
        "a colon stands where no key can be; put the value in quotes, or mend the indentation"
    ),
    "mapping keys are not allowed in this context": (
        "a '?' stands where no key can be; put the value in quotes, or mend the indentation"
    ),
    "block sequence entries are not allowed in this context": (
        "a list begins where none can; put each '- ' on a line of its own, below its key"
    ),
    "did not find expected key": (
        "this doesn't go on with the keys before it; mend the indentation, or close the quotes and brackets above"
    ),
    "did not find expected '-' indicator": (
        "this doesn't go on with the list before it; begin it with '- ', or mend the indentation"
    ),
    "could not find expected ':'": "this has no colon after the key; write `key: value`, or mend the indentation",
    "found unexpected end of stream": "the text ends within quotes; close them",
    "did not find expected ',' or ']'": "a list in [ ] isn't closed, or lacks a comma",
    "did not find expected ',' or '}'": "a map in { } isn't closed, or lacks a comma",
    "did not find expected node content": "a value is missing here; write one, or put it in quotes",
    "did not find expected alphabetic or numeric character": (
        "a value that begins with * or & is a reference in YAML; put the value in quotes"
    ),
    "found unknown escape character": "a \\ in double quotes begins a code that isn't known; use single quotes",
    "did not find expected hexdecimal number": (
        "a \\ in double quotes begins a code that isn't whole; use single quotes"
    ),
    "found undefined tag handle": "a word that begins with ! is a tag that isn't known; put the value in quotes",
    "did not find expected comment or line break": "only a comment can follow | or > on the same line; go on below",
    "found a tab character where an indentation space is expected": (
        "a tab stands where YAML wants spaces; indent with spaces"
    ),
    "found a tab character that violates indentation": "a tab stands where YAML wants spaces; indent with spaces",
    "found unexpected document indicator": "--- or ... stands within quotes; close the quotes before it",
    "did not find expected <document start>": "something stands between two documents; begin the next one with ---",
    "found duplicate %YAML directive": "%YAML stands twice; remove one",
    "found incompatible YAML document": "%YAML names another version; remove the line, or write 1.2",
    "control characters are not allowed": "a control character stands here; remove it",
}


def explained(error: yaml.MarkedYAMLError, text: str) -> str:
    """What to say about the error of a parser that read `text`."""
    said = str(error.problem or error.context or "")
    if "cannot start any token" in said:
        mark = error.problem_mark or error.context_mark
        here = next(islice(text.split("\n"), mark.line, None), "")[mark.column :][:1] if mark else ""
        if here == "\t":
            advice = "a tab stands where YAML wants spaces; indent with spaces"
        else:
            advice = f"{here!r} can't begin a value; put the value in quotes"
    else:
        advice = _ADVICE.get(said) or f"it can't be read from here on ({said}); mend this line or the one before"
    context = error.context_mark
    if context is not None and error.problem_mark is not None and context.line < error.problem_mark.line:
        away = error.problem_mark.line - context.line
        advice += f" (what it belongs to begins {away} {'line' if away == 1 else 'lines'} above)"
    return advice
