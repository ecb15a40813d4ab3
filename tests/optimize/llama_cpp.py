"""llama.cpp in a process of its own: `python llama_cpp.py FILE`, requests as JSON on stdin.

Each request is `{"tokenize": text}` or a completion's body; each answer is a line of JSON.
"""

from __future__ import annotations

import json
import sys
import urllib.request


def main() -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.n_ctx = int(sys.argv[2]) if len(sys.argv) > 2 else 128
    params.n_predict = 16
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_parallel = 1
    params.warmup = False
    # Its memory of the text is fp16 else, which is no matter of the file.
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.fit_params = False
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    server = xllamacpp.Server(params)
    for line in sys.stdin:
        asked = json.loads(line)
        if "tokenize" in asked:
            body = {"content": asked["tokenize"], "add_special": asked.get("special", False)}
            body["parse_special"] = True
            answer = post(f"{server.listening_address}/tokenize", body)["tokens"]
        elif "template" in asked:
            body = {"messages": asked["template"]}
            answer = post(f"{server.listening_address}/apply-template", body)["prompt"]
        else:
            answer = post(f"{server.listening_address}/completion", asked)
        print("ANSWER " + json.dumps(answer), flush=True)


def post(url: str, body: dict[str, object]) -> dict[str, object]:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


if __name__ == "__main__":
    main()
