"""The forms in which a build prints a text: what bundlers, minifiers, frameworks, escapers and obfuscators make of a string."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote


def escaped(text: str) -> str:
    """As JSON writes it inside quotes."""
    return json.dumps(text)[1:-1]


def _split(text: str, size: int) -> list[str]:
    return [text[place : place + size] for place in range(0, len(text), size)]


def _b64(text: str, name: str = "k") -> str:
    """The longer the name, the further the text starts inside a group of three bytes."""
    return base64.b64encode(json.dumps({name: text}, separators=(",", ":")).encode()).decode()


def _lines(text: str) -> str:
    return "\n".join(_split(text, 64))


def _parted(form: str) -> Callable[[str], str]:
    """A form with START and REST in it: the beginning of a text, of no whole key, and the rest."""

    def written(text: str) -> str:
        whole = escaped(text)
        stop = len(whole) // 4 + 5
        return form.replace("START", whole[:stop]).replace("REST", whole[stop:])

    return written


def _joined(text: str) -> str:
    mark = next((mark for mark in "-_.:/" if mark in text), "")
    pieces = text.split(mark) if mark else [text[:5], text[5:]]
    return "a=[" + ",".join(f'"{piece}"' for piece in pieces) + f'].join("{mark}")'


# name -> (encoding that a report names, how a text looks in the built file)
FORMS: dict[str, tuple[str, Callable[[str], str]]] = {
    "quoted": ("plain", lambda t: f'a={{k:"{escaped(t)}",b:1}}'),
    "single quoted": ("plain", lambda t: "var a='" + escaped(t).replace("'", "\\'") + "';"),
    "template": ("plain", lambda t: f"a=`{t}`,b"),
    "in JSON in a string": ("plain", lambda t: f'self.__next_f.push([1,"{escaped(json.dumps({"k": t}))}"])'),
    "twice escaped": ("plain", lambda t: f'eval("{escaped(escaped(json.dumps(t)))}")'),
    "in a source": ("plain", lambda t: '{"sourcesContent":["// note\\nconst k = ' + escaped(json.dumps(t)) + ';\\n"]}'),
    "alone in a line of a source": ("plain", lambda t: f'"a\\n{escaped(t)}\\nb"'),
    "HTML attribute": ("plain", lambda t: f'<a data-p="{{&quot;k&quot;:&quot;{t}&quot;}}">'),
    "base64": ("base64", lambda t: f'atob("{_b64(t)}")'),
    "base64, one byte in": ("base64", lambda t: f'atob("{_b64(t, "kk")}")'),
    "base64, two bytes in": ("base64", lambda t: f'atob("{_b64(t, "kkk")}")'),
    "base64 for URLs": (
        "base64url",
        lambda t: 'a="' + base64.urlsafe_b64encode(("k=" + t + "\xff\xfe?>").encode("latin-1")).decode().rstrip("=") + '"',
    ),
    "base64 in lines": ("base64", lambda t: f"a=`{_lines(_b64(t, 'k' * 10))}`"),
    "base64 in lines of a string": ("base64", lambda t: f'a="{escaped(_lines(_b64(t, "k" * 12)))}"'),
    "base64 of hex": ("base64", lambda t: f'atob("{base64.b64encode(t.encode().hex().encode()).decode()}")'),
    "hex": ("hex", lambda t: f'h="{t.encode().hex()}"'),
    "upper-case hex": ("hex", lambda t: f'h="{t.encode().hex().upper()}"'),
    "\\x": ("escaped", lambda t: 'a="' + "".join(f"\\x{ord(c):02x}" for c in t) + '"'),
    "\\u": ("escaped", lambda t: 'a="' + "".join(f"\\u{ord(c):04x}" for c in t) + '"'),
    "\\u{}": ("escaped", lambda t: 'a="' + "".join(f"\\u{{{ord(c):x}}}" for c in t) + '"'),
    "octal": ("escaped", lambda t: 'a="' + "".join(f"\\{ord(c):o}" for c in t) + '"'),
    "base64 of base64": ("base64", lambda t: f'atob(atob("{base64.b64encode(base64.b64encode(t.encode())).decode()}"))'),
    "percent of percent": ("percent", lambda t: 'u="' + "".join(f"%25{ord(c):02x}" for c in t) + '"'),
    "numeric entities": ("html", lambda t: "<p>" + "".join(f"&#{ord(c)};" for c in t) + "</p>"),
    "percent": ("percent", lambda t: 'u="https://a.example/?k=' + "".join(f"%{ord(c):02X}" for c in t) + '"'),
    "concatenated": ("concatenated", lambda t: "a=" + "+".join(f'"{p}"' for p in _split(t, 9))),
    "concatenated with spaces": ("concatenated", lambda t: "a = " + " + ".join(f"'{p}'" for p in _split(t, 7))),
    "concatenated in a source": ("concatenated", lambda t: '"a = ' + " + ".join(f'\\"{p}\\"' for p in _split(t, 8)) + ';"'),
    "concat": ("concatenated", lambda t: f'a="{t[:6]}".concat("{t[6:]}")'),
    "concat of many": ("concatenated", lambda t: f'a="{t[:6]}".concat("{t[6:11]}","{t[11:]}")'),
    "joined": ("concatenated", lambda t: "a=[" + ",".join(f'"{p}"' for p in _split(t, 5)) + '].join("")'),
    "joined with a mark": ("concatenated", lambda t: _joined(escaped(t))),
    "joined in a variable": (
        "concatenated",
        lambda t: "var p=[" + ",".join(f'"{piece}"' for piece in _split(t, 5)) + '];fetch(p.join(""))',
    ),
    "joined backwards in a variable": (
        "concatenated",
        lambda t: "const o = { p: [" + ", ".join(f"'{piece}'" for piece in reversed(_split(t, 7))) + "] };\nfetch(o.p.reverse().join(''))",
    ),
    "added to a variable": ("concatenated", _parted('let a="START";a+="REST"')),
    "added to an empty variable": ("concatenated", _parted('let a="";const r="REST";a+="START";a+=r;fetch(a)')),
    "rest in a variable": ("concatenated", _parted('const b="REST";fetch("START"+b)')),
    "beginning in a variable": ("concatenated", _parted('let a="START",c=1;fetch(a+"REST")')),
    "beginning in a property": ("concatenated", _parted("const o = { start: 'START', rest: 'REST' };\nfetch(o.start + o.rest)")),
    "variable in a template": ("concatenated", _parted('let a="START";c=`Bearer ${a}REST`')),
    "variable in concat": ("concatenated", _parted('var a="START";c="Bearer ".concat(a,"REST").concat("")')),
    "hole in a template": ("concatenated", lambda t: f'a=`{t[:7]}${{"{t[7:12]}"}}{t[12:]}`'),
    "reversed": ("reversed", lambda t: f'a="{t[::-1]}".split("").reverse().join("")'),
    "character codes": ("escaped", lambda t: "String.fromCharCode(" + ",".join(str(ord(c)) for c in t) + ")"),
    "bytes": ("escaped", lambda t: "new Uint8Array([" + ",".join(f"0x{ord(c):x}" for c in t) + "])"),
}

# What needs no quotes: URLs, headers, lines of text.
BARE: dict[str, Callable[[str], str]] = {
    "query": lambda t: f"fetch(`https://api.example/v1?key={t}&q=1`)",
    "header": lambda t: f'"Bearer {t}"',
    "argument": lambda t: f"url({t})",
    "list": lambda t: f"a={t},b",
    "line": lambda t: f"k\n{t}\n",
    "end": lambda t: f"k={t}",
    "backslash": lambda t: f"\\n{t}\\n",
}


def percent(text: str) -> str:
    """As `encodeURIComponent` writes it."""
    return quote(text, safe="!'()*~")
