import sys, runpy, os, time
sys.path.insert(0, os.getcwd())
from pathlib import Path
from eqxviz import capturing
from eqxviz.capturing import Gate
from eqxviz.doctor.examination import Examination
import warnings
def examine(path):
    gate = Gate()
    exam = None
    def sink(records):
        if exam is not None: exam.see(records)
    class Enough(BaseException): pass
    def enough(): raise KeyboardInterrupt
    capture = capturing.install(sink, gate, str(Path(path).parent))
    gate.start()
    exam = Examination(capture, str(Path(path).parent), enough)
    exam.start()
    try:
        try:
            runpy.run_path(str(path), run_name="__main__")
        except KeyboardInterrupt: pass
        except Exception as e:
            exam.meet(e)
            if os.environ.get("TB"): import traceback; traceback.print_exc()
    finally:
        capture.flush()
        exam.stop()
        capturing.uninstall()
    return exam
for p in sys.argv[1:]:
    t = time.perf_counter()
    exam = examine(p)
    dt = time.perf_counter()-t
    print(f"{Path(p).stem}  {dt:.2f}s functions {[(f.name, f.n_calls) for f in exam.evidence.functions.values()]} ops {len(exam.evidence.operations)} compiles {len(exam.evidence.compiles)} error {exam.evidence.error!r:.80}")
    t = time.perf_counter()
    for q in exam.problems(): print("    ", q.code, q.severity, Path(q.file).name, q.line, q.title, "|", q.why, "|", q.fix_code)
