"""Optuna's samplers on the functions of `benchmarks search`, in a process that the benchmark starts; see SearchCommand.cs.

  optuna_search.py version
  optuna_search.py regret METHOD FUNCTION SEEDS TRIALS     the least loss of each seed, a JSON list
  optuna_search.py overhead METHOD FINISHED TRIALS         seconds of processor time a trial after so many finished ones
"""
import json
import math
import sys
import time

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    return (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


ALPHA = [1, 1.2, 3, 3.2]
A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991], [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381]]


def hartmann(trial):
    x = [trial.suggest_float(f"x{i}", 0, 1) for i in range(6)]
    return -sum(ALPHA[i] * math.exp(-sum(A[i][j] * (x[j] - P[i][j]) ** 2 for j in range(6))) for i in range(4))


def rosenbrock(trial):
    x = [trial.suggest_float(f"x{i}", -2, 2) for i in range(10)]
    return sum(100 * (x[i + 1] - x[i] * x[i]) ** 2 + (1 - x[i]) ** 2 for i in range(9))


def conditional(trial):
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    loss = (math.log10(trial.suggest_float("rate", 1e-5, 1, log=True)) + 2.5) ** 2
    loss += 3 * (trial.suggest_float("extra", 0, 1) - 0.7) ** 2 if kind == "b" else 1 if kind == "a" else 0.5
    return loss + 0.2 * (math.log2(trial.suggest_int("size", 1, 64, log=True)) - 4) ** 2


FUNCTIONS = {"branin": branin, "hartmann-6": hartmann, "rosenbrock-10": rosenbrock, "conditional": conditional}


def sampler(method, seed):
    if method == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    if method == "tpe-multivariate":
        return optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True)
    if method == "cma_es":
        return optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
    return optuna.samplers.RandomSampler(seed=seed)


def main(arguments):
    optuna.exceptions.ExperimentalWarning and __import__("warnings").simplefilter("ignore")
    if arguments[0] == "version":
        return optuna.__version__
    if arguments[0] == "regret":
        method, function, seeds, trials = arguments[1], FUNCTIONS[arguments[2]], int(arguments[3]), int(arguments[4])
        least = []
        for seed in range(seeds):
            study = optuna.create_study(sampler=sampler(method, seed))
            study.optimize(function, n_trials=trials)
            least.append(study.best_value)
        return json.dumps(least)
    method, finished, trials = arguments[1], int(arguments[2]), int(arguments[3])
    study = optuna.create_study(sampler=sampler("random", 0))
    study.optimize(hartmann, n_trials=finished)
    study.sampler = sampler(method, 0)
    begin = time.process_time()
    study.optimize(hartmann, n_trials=trials)
    return str((time.process_time() - begin) / trials)


print(main(sys.argv[1:]))
