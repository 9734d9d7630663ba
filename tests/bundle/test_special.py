"""String tables: Hermes bytecode, obfuscators' arrays; and values that what stands beside them makes secrets."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

import click
import pytest

from driftline import cli
from driftline.bundle import hermes, triggers, unpack
from driftline.bundle.scan import scan
from driftline.bundle.unpack import DEFAULT
from tests.bundle.looking import cache_folder, look, secret, texts


def bytecode(strings: list[str], version: int = 96) -> bytes:
    """A Hermes file that holds nothing but its string table; non-ASCII strings are UTF-16, long ones overflow."""
    storage = b""
    small: list[int] = []
    overflow: list[tuple[int, int]] = []
    for text in strings:
        wide = not text.isascii()
        raw = text.encode("utf-16-le" if wide else "ascii")
        length = len(raw) // 2 if wide else len(raw)
        if length >= 0xFF:
            small.append(int(wide) | len(overflow) << 1 | 0xFF << 24)
            overflow.append((len(storage), length))
        else:
            small.append(int(wide) | len(storage) << 1 | length << 24)
        storage += raw
    table = b"".join(struct.pack("<I", word) for word in small) + b"".join(struct.pack("<II", *entry) for entry in overflow)
    header = struct.pack("<8sI20sIIIIIIII", hermes.MAGIC, version, b"\0" * 20, 0, 0, 2, 1, 3, len(strings), len(overflow), len(storage))
    body = header.ljust(128, b"\0") + b"\0" * 32 + b"\0" * 4 + b"\0" * 12 + table + storage
    return body[:32] + struct.pack("<I", len(body)) + body[36:]


def test_strings_of_bytecode_end_where_the_table_says(tmp_path: Path) -> None:
    key, jwt = secret("stripe.secret key"), secret("supabase.service role key")
    content = bytecode(["length", key, "prototype", "größe", jwt, "toString" * 40, "push"])
    (tmp_path / "index.android.bundle").write_bytes(content)
    found = scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder())
    assert [content[s.location.offset :].startswith(t.encode()) for s, t in zip(found.sightings, (key, jwt), strict=True)] == [True, True]


def test_a_wide_string_of_bytecode(tmp_path: Path) -> None:
    key = secret("anthropic.API key")
    (tmp_path / "a.hbc").write_bytes(bytecode(["a", f"Schlüssel {key} hier", "b"]))
    assert len(scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder()).sightings) == 1


def test_places_in_wide_strings_of_bytecode_are_those_of_the_file(tmp_path: Path) -> None:
    key = secret("anthropic.API key")
    content = bytecode(["a", f"日本語 😀 {key}", "ключ " * 60])
    (tmp_path / "a.hbc").write_bytes(content)
    (seen,) = scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder()).sightings
    assert content[seen.location.offset :].startswith(key.encode("utf-16-le"))
    decoded = hermes.strings(content)
    assert decoded is not None
    assert all(0 <= decoded.origin(place) <= len(content) for place in range(len(decoded.data)))


@pytest.mark.parametrize("cut", [20, 130, 150, 190])
def test_broken_bytecode_is_looked_at_as_it_is(cut: int, tmp_path: Path) -> None:
    key = secret("anthropic.API key")
    (tmp_path / "a.hbc").write_bytes(bytecode(["length", "x"])[:cut] + f"\0{key}\0".encode())
    assert len(scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder()).sightings) == 1


# --- obfuscators ----------------------------------------------------------------------------------------------------------


def rc4(text: str, key: str) -> str:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + ord(key[i % len(key)])) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    out = ""
    for letter in text:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out += chr(ord(letter) ^ state[(state[i] + state[j]) % 256])
    return out


def obfuscated(strings: list[str], *, encoding: str, turn: int = 5, base: int = 0x1AB) -> str:
    """What javascript-obfuscator makes of an expression that adds up the strings; `turn` is the rotation of its array."""
    numbers = ["783kBolYv", "1782YiiFUz", "563313xJTzat", "10nfuXEK", "26304rUOTjP"]
    wanted = [*numbers, *strings, "log", "push", "value", "name", "shift", "keys", "call"]
    keys = [f"k{number:02}#" for number in range(len(wanted))]

    def of(number: int) -> str:
        return ("plain", "base64", "rc4")[number % 3] if encoding == "mixed" else encoding

    def stored(number: int) -> str:
        text = rc4(wanted[number], keys[number]) if of(number) == "rc4" else wanted[number]
        return base64.b64encode(text.encode()).decode().rstrip("=").swapcase() if of(number) != "plain" else text

    items = [stored(number) for number in range(len(wanted))]
    items = items[-turn:] + items[:-turn]

    def call(number: int) -> str:
        name = {"plain": "_0x3ce321", "base64": "_0x218a79", "rc4": "_0x519b45"}[of(number)]  # a function for each encoding
        return f"{name}(0x{base + number:x}" + (f",'{keys[number]}')" if of(number) == "rc4" else ")")

    alphabet = "const _0x1='abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=';" if encoding != "plain" else ""
    parsed = "+".join(f"parseInt({call(number)})/0x{number + 1:x}" for number in range(len(numbers)))
    value = "+".join(call(len(numbers) + number) for number in range(len(strings)))
    return (
        f"function _0x2f65(_0x56c08f,_0x2c8e6c){{_0x56c08f=_0x56c08f-0x{base:x};{alphabet}return _0x46dd()[_0x56c08f];}}"
        f"(function(_0x3f,_0x11){{const _0x3ce321=_0x2f65,_0x4=_0x3f();while(!![]){{try{{const _0x406db9={parsed};if(_0x406db9===_0x11)break;"
        f"else _0x4['push'](_0x4['shift']());}}catch(_0x5){{_0x4['push'](_0x4['shift']());}}}}}}(_0x46dd,0x35f3f));"
        f"const _0x9={{'k':{value},'l':{call(len(wanted) - 1)}}};"
        f"function _0x46dd(){{const _0x5ab64d=[{','.join(repr(item) for item in items)}];_0x46dd=function(){{return _0x5ab64d;}};return _0x46dd();}}"
    )


@pytest.mark.parametrize("encoding", ["plain", "base64", "rc4", "mixed"])
@pytest.mark.parametrize("size", [8, 400])
def test_an_obfuscators_strings(encoding: str, size: int) -> None:
    key = secret("supabase.service role key")
    code = obfuscated([key[place : place + size] for place in range(0, len(key), size)], encoding=encoding)
    assert key not in code or size > len(key)
    assert set(texts(code.encode())) == {key}


def test_an_array_of_another_kind_is_left_alone() -> None:
    assert (
        texts(
            b"(function(a){while(!![]){try{const _0x1=parseInt(a(1));}catch(e){}}})();var b=['a','b','c','d','e','f','g','h','i','j','k'];"
        )
        == []
    )


# --- beside a name or an id -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('{adminPassword:"Winter.pepper1971"}', "adminPassword"),
        ("password:`Falcon_copper88`", "password"),
        ('client_secret="44928ca3f44bde00aa44efeb1ede0ff26cdd2d7b"', "client_secret"),
        ('\\"secretAccessKey\\":\\"RuDvLisesqmrrA0Rddz+zrpCmJ09GkHFQ7ZyaMQ5\\"', "secretAccessKey"),
        ('{"adminApiKey":"3c02fa6db83f296dbff55151b0b89fcb"}', "adminApiKey"),
        ('auth:{username:"api",password:"9f3b6c91d04e7a35b8c16f92ad07e3c4"}', "password"),
        ('headers:{"X-Postmark-Server-Token":`0b22d727-8978-4328-8e97-dd84d2e34033`}', "X-Postmark-Server-Token"),
        ("<!-- staging login: ops / Falcon.winter1161 , ask Ann -->", "password"),
        ('[{"_1":2},"id","adminApiKey","3c02fa6db83f296dbff55151b0b89fcb"]', "adminApiKey"),  # flattened data
    ],
)
def test_a_name_makes_a_secret(written: str, name: str) -> None:
    assert [hit.beside for hit in look().text(written.encode())] == [name]


@pytest.mark.parametrize(
    "written",
    [
        'apiKey:"3c02fa6db83f296dbff55151b0b89fcb"',
        'token:"comment.line.double-slash"',
        'siteKey:"4f9a8d7c6b5e4f3a2d1c0b9a8f7e6d5c"',
        'password:"Enter your password"',
        'passwordLabel:"Password1"',
        'password:"inputPassword1"',
        'password:"Mindestens8Zeichen"',
        'password:"Senha-Forte1"',
        'applicationServerKey:"B' + "Nc4_Zp" * 14 + 'Qr"',
        'confirmPassword:"confirm-password2"',
        'password:"${PASSWORD1}"',
        'password:"Qwerty123456"',
        'secret:"secret.key.path.one"',
        'type:"password",name:"Passw0rd"',
        'password:"user.login.password2"',
        'secretKey:"aaaaaaaaaaaaaaaaaaaaaaaa"',
        'clientSecret:"your-client-secret-12345678"',
        'accessToken:"string"',
        'privateKey:"/etc/ssl/private/key1.pem"',
        'csrfToken:"8f14e45fceea167a5a36dedd4bea2543"',
        # The names of a source map.
        '"names":["ownerPasswordEntry","encryptionKey","getOwnerPasswordR2R3R4","_id"]',
        '"names":["SERVICE_ACCOUNT","serviceAccountPrivateKey","apigee3AdapterA"]',
        'integrity:"sha512-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8w=="',
    ],
)
def test_a_name_that_promises_nothing(written: str) -> None:
    assert not look().text(written.encode())


@pytest.mark.parametrize(
    ("kind", "written", "beside"),
    [
        ("deepseek.API key", 'const deepseekKey = "{}"', None),
        ("deepseek.API key", 'new OpenAI({{baseURL:"https://api.deepseek.com/v1",apiKey:"{}"}})', None),
        ("deepseek.API key", "createDeepSeek({{ apiKey: '{}' }})", None),
        ("cohere.API key", '{{VITE_COHERE_API_KEY:"{}",MODE:"production"}}', "VITE_COHERE_API_KEY"),
        ("cohere.API key", 'process.env.COHERE_API_KEY || "{}"', "process.env.COHERE_API_KEY"),
        ("mistral.API key", 'key = os.getenv("MISTRAL_API_KEY", "{}")', "MISTRAL_API_KEY"),
        ("mistral.API key", 'fetch("https://api.mistral.ai/v1/x",{{headers:{{Authorization:"Bearer {}"}}}})', "api.mistral.ai"),
        ("lemonsqueezy.API key", 'fetch("https://api.lemonsqueezy.com/v1/x",{{headers:{{Authorization:"Bearer {}"}}}})', None),
        ("upstash.REST token", 'new Redis({{url:"https://calm-owl-31742.upstash.io",token:"{}"}})', ".upstash.io"),
        ("mailgun.API key", 'u="https://api.mailgun.net";client({{username:"api",key:"{}"}})', "api.mailgun.net"),
        ("cloudflare.API token of an older form", '{{apiToken:"{}",u:"https://api.cloudflare.com/client/v4"}}', "api.cloudflare.com"),
    ],
)
def test_the_name_or_the_address_beside_says_whose_key_it_is(kind: str, written: str, beside: str | None) -> None:
    found = look().text(written.format(secret(kind)).encode())
    assert [(hit.text, hit.beside) for hit in found] == [(secret(kind), beside)]
    identity = found[0].verdict.traits.identity
    assert identity is not None
    assert f"{identity.provider}.{identity.kind}" == kind


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("mistral.API key", 'apiKey:"{}"'),
        ("upstash.REST token", 'new Redis({{url:e.url,token:"{}"}})'),
        ("mistral.API key", 'e={{url:"https://api.mistral.ai/v1",cacheKey:"{}"}}'),
        ("algolia.search key", 'fetch("https://x-dsn.algolia.net/1/",{{headers:{{Authorization:"Bearer {}"}}}})'),
        ("mixpanel.project token", 'mixpanelToken:"{}"'),
    ],
)
def test_what_stands_beside_says_nothing_of_a_key_for_browsers_or_any_text(kind: str, written: str) -> None:
    assert not [hit for hit in look().text(written.format(secret(kind)).encode()) if hit.beside or hit.verdict.traits.secret_like]


@pytest.mark.parametrize("written", ['apiKey:"{}"', '["gpt","{}"]', "useState('{}')", "deepSeek:`{}`"])
def test_a_beginning_that_several_providers_share(written: str) -> None:
    found = look().text(written.format(secret("deepseek.API key")).encode())
    assert [hit.text for hit in found] == [secret("deepseek.API key")]
    identity = found[0].verdict.traits.identity
    assert identity is not None
    assert "deepseek" in (identity.provider, *identity.candidates)


@pytest.mark.parametrize(
    "written", ['class:"sk-chasing-dot"', '"sk-fadingcircleelementcontainerone"', '"sk-12345678901234567890123456789012"']
)
def test_a_beginning_that_is_a_word(written: str) -> None:
    assert not look().text(written.encode())


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("written", "text", "encoding"),
    [
        ('{Authorization:"Basic ' + encoded("ops:Falcon!88") + '"}', "Falcon!88", "base64"),
        ('"Basic "+btoa("ops:Falcon!88")', "Falcon!88", "plain"),
        ('`Basic ${btoa("ops:Falcon!88")}`', "Falcon!88", "plain"),
        ('{Authorization:"Bearer 9f3b6c91d04e7a35b8c16f92ad07e3c4"}', "9f3b6c91d04e7a35b8c16f92ad07e3c4", "plain"),
        (
            'w="' + encoded('fetch(u,{headers:{a:"Bearer 9f3b6c91d04e7a35b8c16f92ad07e3c4"}})') + '"',
            "9f3b6c91d04e7a35b8c16f92ad07e3c4",
            "base64",
        ),
    ],
    ids=["basic", "basic to be encoded", "basic in a template", "bearer", "in a worker in base64"],
)
def test_what_a_request_is_sent_with(written: str, text: str, encoding: str) -> None:
    assert [(hit.text, hit.encoding, hit.beside) for hit in look().text(written.encode())] == [(text, encoding, "Authorization")]


@pytest.mark.parametrize(
    "written",
    [
        '"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="',
        '"Basic ' + encoded("username:password") + '"',
        '"Basic ' + encoded("ops:") + '"',
        '"Basic authentication"',
        '"Basic "+btoa("user:password")',
        'btoa("data:image1")',
        "Bearer authenticationsupport",
        '"Bearer YOUR_ACCESS_TOKEN_1234"',
        " * Authorization: Bearer 9f3b6c91d04e7a35b8c16f92ad07e3c4\n",
    ],
)
def test_what_documentation_sends_is_nobodys(written: str) -> None:
    assert not look().text(("\n" + written).encode())


@pytest.mark.parametrize("written", ["CLERK_SECRET_KEY={}\n", '{{clerkSecretKey:"{}"}}', "\"CLERK_SECRET_KEY\": '{}'"])
def test_a_name_settles_whose_of_several_a_key_is(written: str) -> None:
    key = secret("clerk.secret key")
    for text, provider in ((written, "clerk"), ('"{}"', "unknown")):
        identity = look().text(text.format(key).encode())[0].verdict.traits.identity
        assert identity is not None
        assert identity.provider == provider


def test_the_secret_beside_an_id() -> None:
    number = secret("aws.access key id")
    other = "wK8/jR4nV2bQ7mX9cL5hT3yF6gD1sZ0pA+eUiOxN"
    found = look().text(f'{{a:"{number}",b:"{other}"}}'.encode())
    assert [(hit.text, hit.beside) for hit in found] == [(number, None), (other, "aws access key id")]
    assert len(look().text(f'{{a:"{number}",b:"da39a3ee5e6b4b0d3255bfef95601890afd80709"}}'.encode())) == 1


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ('{{sid:"{0}",token:"{1}"}}', True),
        ('{{a:"{0}",b:"{1}"}}', True),
        ('new Twilio("{0}","{1}")', True),
        ('{{twilioSid:"{0}",algoliaSearchKey:"{1}"}}', False),
        ('{{twilioSid:"{0}",etag:"{1}"}}', False),
        ('{{contentHash:"{1}",twilioSid:"{0}"}}', False),
    ],
)
def test_what_stands_beside_an_id_may_be_called_something_else(written: str, is_told: bool) -> None:
    other = "8f2b6c91d04e7a35b8c16f92ad07e3c4"
    found = look().text(written.format(secret("twilio.account SID"), other).encode())
    assert [hit.text for hit in found if hit.beside] == [other] * is_told


def test_an_id_has_one_secret_half() -> None:
    mine, other = "8f2b6c91d04e7a35b8c16f92ad07e3c4", "1c9d7e03ab5f4682d0917be3c25a64f8"
    written = f'a={{password:"{other}"}},b={{sid:"{secret("twilio.account SID")}",token:"{mine}"}}'
    found = look().text(written.encode())
    assert [(hit.text, hit.beside) for hit in found if hit.beside] == [(other, "password"), (mine, "twilio account SID")]


@pytest.mark.parametrize(
    ("written", "whose"),
    [
        ("https://ann:{github.personal access token}@github.com/ann/shop.git", "github"),
        ("https://{github.personal access token}:x-oauth-basic@github.com/ann/shop.git", "github"),
        ("ftp://deploy:Falcon!88@ftp.shop.io/www", "generic"),
        ("sftp://deploy:Falcon!88@ftp.shop.io/www", "generic"),
    ],
)
def test_whose_password_an_address_holds(written: str, whose: str) -> None:
    text = written.replace("{github.personal access token}", secret("github.personal access token"))
    identity = look().text(f'a="{text}"'.encode())[0].verdict.traits.identity
    assert identity is not None
    assert identity.provider == whose


@pytest.mark.parametrize("read", ["process.env.SOME_NAME", "import.meta.env.SOME_NAME", 'process.env["SOME_NAME"]', "{}.SOME_NAME"])
def test_a_read_that_the_build_left(read: str) -> None:
    marks = look().whole(f"fetch(`/x`,{{headers:{{a:{read},b:1}}}})".encode()).marks
    assert [mark.text for mark in marks if mark.form == triggers.READ] == ["SOME_NAME"]


def test_a_property_that_joins() -> None:
    key = secret("slack.bot token")
    pieces = ",".join(repr(piece) for piece in key.split("-"))
    assert texts(f"a=[{pieces}]['join']('-')".encode()) == [key]


@pytest.mark.parametrize(
    "written",
    [
        'const PREFIX="sk_live_";check(k=>k.startsWith(PREFIX)?`${PREFIX}${"*".repeat(24)}`:PREFIX+k)',
        'a="ghp_";b="wordswithoutanyrandomnessinthematall1";c(b+a)',
        '["sk","live","key"].join("_")',
        'function f(e){e="sk_live_";return e+t}',
    ],
)
def test_a_beginning_without_a_rest_is_no_key(written: str) -> None:
    assert not look().text(written.encode())


def test_samples_and_templates_are_nobodys() -> None:
    body = secret("stripe.secret key").removeprefix("sk_live_")
    for text in (
        "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
        "sk_live_" + "0123456789abcdefghijklmn",
        "postgresql://user:password@localhost:5432/mydb",
        "mongodb+srv://<username>:<password>@cluster0.abcde.mongodb.net/test",
        "postgres://${user}:${pass}@${host}/db",
        "https://user:pass@host.example.com/",
        "sk_live_[0-9a-zA-Z]{24}",
        "sk_live_ and more",
        "-----BEGIN RSA PRIVATE KEY-----\\n...your key...\\n-----END RSA PRIVATE KEY-----",
    ):
        assert not texts(f'a="{text}"'.encode()), text
    assert texts(f'a="sk_live_{body}"'.encode())


def test_the_default_limits_are_stated() -> None:
    assert (DEFAULT.depth, DEFAULT.ratio) == (5, 250)
    stated = {option.name: option.help for option in cli.bundle.params if isinstance(option, click.Option)}
    for name, value in DEFAULT._asdict().items():
        written = "none" if value is None else unpack.size(value) if value >= 1 << 20 else str(value)
        assert f"(default: {written})" in str(stated[f"max_{name}"]), "every limit is an option that says what applies without it"
