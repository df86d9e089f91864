"""Renders templates with Python's jinja2 under the settings of transformers' apply_chat_template.

Reads a line {"template", "variables", "now"} and answers {"text", "spans"} or {"error"}, as often as lines come."""
import datetime
import functools
import json
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox

START, END = "\U000f0000", "\U000f0001"


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("mark"), [], [], body).set_lineno(line)

    def mark(self, caller):
        return START + caller() + END


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception


@functools.lru_cache(8)
def compiled(template, now):
    return environment.from_string(template, globals={"strftime_now": datetime.datetime.fromisoformat(now).strftime})


def render(request):
    marked = compiled(request["template"], request["now"]).render(**request["variables"])
    text, spans, starts = "", [], []
    for character in marked if START in marked else [marked]:
        if character == START:
            starts.append(len(text.encode("utf-16-le")) // 2)
        elif character == END:
            spans.append([starts.pop(), len(text.encode("utf-16-le")) // 2])
        else:
            text += character
    return {"text": text, "spans": [s for s in spans if s[0] < s[1]]}


def main():
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            answer = render(request)
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
