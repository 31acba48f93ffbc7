# Runs one hook of a .envctl_hooks.py: python hook-bridge.py <hook file> <hook> <context file> <result file>.
import importlib.util
import json
import os
import sys
import traceback

file, hook, context_file, result_file = sys.argv[1:5]


def answer(result):
    text = json.dumps(result)
    descriptor = os.open(result_file + ".part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(result_file + ".part", result_file)


# Nothing is written beside the project's files.
sys.dont_write_bytecode = True
with open(context_file, encoding="utf-8") as source:
    context = json.load(source)
# It has passwords, and who started this may be killed before it can clear up.
os.remove(context_file)
stage = "load"
try:
    sys.path.insert(0, os.path.dirname(file))
    spec = importlib.util.spec_from_file_location("envctl_hooks", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    run = getattr(module, hook, None)
    stage = "run"
    if run is None:
        answer({"found": False})
    else:
        answer({"found": True, "payload": run(context)})
except BaseException as error:
    traceback.print_exc()
    answer({"found": stage == "run", "stage": stage, "error": str(error) or type(error).__name__})
