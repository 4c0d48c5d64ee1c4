import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mebench import experiments
from mebench.errors import BadInput, DataNotFound
from mebench.experiments import run_experiment, run_features, settings
from mebench.methods import Method
from mebench.results import load_run
from mebench.storage.run_folder import check_place

from ..recipes.test_reproduce import Brightness, planted


def test_command_line_over_file_over_defaults(tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text('dataset = ["casme2", "synthetic"]\nmethod = "mdmo"\nn-jobs = 1\nseed = 5\n')
    plan = settings(path, {"seed": 7})
    assert plan["dataset"] == ["casme2", "synthetic"] and plan["method"] == ["mdmo"]
    assert (plan["n_jobs"], plan["seed"], plan["tuning"]) == (1, 7, ["nested"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("method = 'mdmo'", "No dataset"),
        ("dataset = 'x'", "No method"),
        ("dataset = 'x'\nmethod = 'y'\ndepth = 3", "sets depth, which is not known"),
        ("dataset = 'x'\nmethod = 'y'\nseed = 'three'", "seed must be int, found 'three'"),
        ("dataset = 'x'\nmethod = 'y'\nseed = true", "seed must be int, found True"),
        ("dataset = 'x'\nmethod = 'y'\nno_cache = 1", "no_cache must be bool"),
        ("dataset = 'x'\nmethod = 'y'\nmethods = 'z'", "Did you mean 'method'"),
        ("dataset = 'x'\nmethod = 'y'\ntuning = 'orcale'", "found 'orcale'. Did you mean 'oracle'"),
        ("dataset = 'x'\nmethod = 'y'\nprotocol = 'los0'", "Did you mean 'loso'"),
        ("dataset = ", "not valid TOML"),
    ],
)
def test_mistakes_in_the_file(tmp_path, text, message):
    path = tmp_path / "experiment.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        settings(path, {})


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataNotFound, match=r"nowhere\.toml"):
        settings(tmp_path / "nowhere.toml", {})
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="not valid TOML"):
        settings(tmp_path / "bytes.toml", {})
    with pytest.raises(DataNotFound, match=r"grid.json"):
        settings(None, {"dataset": "x", "method": "y", "grid": str(tmp_path / "grid.json")})


def test_a_grid_that_is_none():
    with pytest.raises(DataNotFound, match="'corse'. Did you mean 'coarse'.*thesis, coarse, lin"):
        settings(None, {"dataset": "x", "method": "y", "grid": "corse"})


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/nowhere/runs"])
def test_a_place_that_takes_no_results_is_found_before_any_work(tmp_path, out):
    (tmp_path / "file").write_text("")
    plan = settings(None, {"dataset": "synthetic", "method": "mdmo", "out": tmp_path / out})
    with pytest.raises(BadInput, match="Results cannot be written to .*--out"):
        next(run_experiment(plan))


def test_looking_at_a_place_leaves_nothing(tmp_path):
    check_place(tmp_path / "new" / "runs")
    check_place(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    label = rng.choice(["glad", "sad"], 40)
    X = rng.normal(size=(40, 3)) + 2 * (label == "sad")[:, None]
    ids = [f"c{i}" for i in range(40)]
    table = pd.DataFrame({"clip_id": ids, "subject": np.arange(40) % 5, "label": label})
    table.to_csv(tmp_path / "own.csv", index=False)
    np.savez(tmp_path / "features.npz", features=X, clip_id=ids)
    frame = pd.DataFrame(X, columns=["x", "y", "z"])
    frame.insert(1, "clip_id", ids)
    frame[::-1].to_csv(tmp_path / "features.csv", index=False)
    return tmp_path


def test_npz_and_csv_in_any_order_give_the_same_predictions(files):
    found = [
        run_features(
            files / name, files / "own.csv", grid="coarse", n_jobs=1, out=files / f"runs {name}"
        )
        for name in ("features.npz", "features.csv")
    ]
    a, b = (outcome.predictions.table for outcome in found)
    pd.testing.assert_frame_equal(a.iloc[:, :7], b.iloc[:, :7])
    assert set(a["dataset"]) == {"own"} and found[0].folder.is_dir()
    assert found[0].summary()["scores"]["uar"] > 0.6


@pytest.mark.parametrize("classifier", ["linear-svm", "knn", "majority", "logistic"])
def test_classifiers_by_name(files, classifier):
    found = run_features(
        files / "features.npz", files / "own.csv", classifier, n_jobs=1, out=files / "runs"
    )
    assert found.predictions.header["method"] == classifier
    assert len(found.predictions.table) == 40


def test_oracle_says_what_it_hides(files):
    found = run_features(
        files / "features.npz", files / "own.csv", tuning="oracle", grid="coarse", n_jobs=1,
        out=files / "runs",
    )  # fmt: skip
    assert "optimism" in found.remark and "nested_scores" in found.predictions.header


def rewrite(path, **changes):
    table = pd.read_csv(path, dtype=str)
    for column, values in changes.items():
        table[column] = values
    table.to_csv(path, index=False)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: (d / "features.npz").unlink(), "cannot be read"),
        (lambda d: (d / "features.npz").write_bytes(b"PK no zip"), "only unpickling"),
        (lambda d: np.savez(d / "features.npz", X=np.zeros((3, 2))), "has the arrays X"),
        (
            lambda d: np.savez(d / "features.npz", features=np.zeros(40), clip_id=np.arange(40)),
            "shape",
        ),
        (
            lambda d: np.savez(
                d / "features.npz",
                features=np.full((40, 2), np.nan),
                clip_id=[f"c{i}" for i in range(40)],
            ),
            "c0 are not all finite",
        ),
        (
            lambda d: np.savez(d / "features.npz", features=np.zeros((40, 2)), clip_id=["c1"] * 40),
            "'c1' stands twice in the features",
        ),
        (
            lambda d: np.savez(d / "features.npz", features=np.zeros((1, 2)), clip_id=["c1"]),
            "39 only in the table",
        ),
        (lambda d: (d / "own.csv").write_text("clip_id,label\n"), "lacks subject"),
        (lambda d: rewrite(d / "own.csv", label=[""] + ["a"] * 39), "line 2: label is empty"),
        (lambda d: (d / "own.csv").write_bytes(b"\xff\x00\x01"), "not a CSV file in UTF-8"),
        (
            lambda d: np.savez(
                d / "features.npz", features=np.array([{}] * 40), clip_id=np.arange(40)
            ),
            "features is an array of Python objects",
        ),
    ],
)
def test_bad_files_are_clear_errors(files, damage, message):
    damage(files)
    with pytest.raises((BadInput, DataNotFound), match=message):
        run_features(files / "features.npz", files / "own.csv", out=files / "runs")


def test_unknown_classifier(files):
    with pytest.raises(BadInput, match="poly-svm"):
        run_features(files / "features.npz", files / "own.csv", "svm", out=files / "runs")


def test_loso_of_442_rows_equals_scikit_learn_by_hand(tmp_path, monkeypatch):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    rng = np.random.default_rng(0)
    subject = np.sort(rng.integers(0, 68, 442))
    label = rng.choice(["negative", "positive", "surprise"], 442, p=[0.57, 0.25, 0.18])
    X = rng.normal(size=(442, 2352)) * rng.uniform(0.1, 10, 2352)
    X[:, :40] += 2 * (label == "positive")[:, None] - 2 * (label == "surprise")[:, None]
    ids = np.array([f"c{i}" for i in range(442)])
    np.savez(tmp_path / "f.npz", features=X, clip_id=ids)
    pd.DataFrame({"clip_id": ids, "subject": subject, "label": label, "dataset": "x"}).to_csv(
        tmp_path / "t.csv", index=False
    )
    (tmp_path / "my_own_model.py").write_text(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import "
        "StandardScaler\nfrom sklearn.svm import SVC\n"
        "MODEL = make_pipeline(StandardScaler(), SVC(kernel='linear'))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = run_features(tmp_path / "f.npz", tmp_path / "t.csv", "my_own_model:MODEL", n_jobs=1,
                         out=tmp_path / "runs")  # fmt: skip
    by_hand = np.full(442, None, object)
    for one in np.unique(subject):
        test = subject == one
        model = make_pipeline(StandardScaler(), SVC(kernel="linear")).fit(X[~test], label[~test])
        by_hand[test] = model.predict(X[test])
    table = found.predictions.table.set_index("clip_id").loc[ids]
    np.testing.assert_array_equal(table["y_pred"], by_hand)
    assert table["fold"].nunique() == len(np.unique(subject))
    assert found.predictions.scores()["uar"] > 0.4  # and it is not a constant answer


@pytest.mark.parametrize("protocol", ["kfold:4", "lovo"])
def test_overlapping_protocols_are_marked_in_every_output(files, protocol):
    found = run_features(files / "features.npz", files / "own.csv", "knn", protocol=protocol,
                         n_jobs=1, out=files / "runs")  # fmt: skip
    assert "PERSONS OVERLAP" in found.summary()["warnings"][0]
    assert (found.folder / "table.md").read_text().count("PERSONS OVERLAP") >= 2


def test_action_units_by_their_own_label_set(files):
    rewrite(files / "own.csv", au=["4", "1+2"] * 20)
    found = run_features(files / "features.npz", files / "own.csv", "knn", labels="au",
                         protocol="group-kfold:5", n_jobs=1, out=files / "runs")  # fmt: skip
    assert found.predictions.units == [1, 2, 4]
    assert {"f1_unit_mean", "f1_database_mean"} <= set(found.summary()["scores"])
    again = load_run(found.folder)
    assert again.scores() == found.predictions.scores()
    assert "all ones" in (found.folder / "table.md").read_text()
    with pytest.raises(BadInput, match="labels is au"):
        run_features(files / "features.npz", files / "own.csv", "knn", labels="3class")


def test_protocols_are_checked_before_any_work(files):
    with pytest.raises(BadInput, match="kfolds"):
        run_features(files / "nowhere.npz", files / "own.csv", "knn", protocol="kfolds")
    with pytest.raises(BadInput, match="kfolds"):
        settings(None, {"dataset": "x", "method": "y", "protocol": "kfolds"})


class Failing(Brightness):
    """Fails as long as it is told to."""

    fails = True

    def _row(self, clip):
        if self.fails:
            raise ValueError("told to")
        return super()._row(clip)


BREAKING = Method("breaking", lambda: make_pipeline(Failing(), KNeighborsClassifier(1)),
                  title="breaking", citation="none")  # fmt: skip


def test_each_run_has_one_key_and_what_is_finished_is_not_read_again(monkeypatch, tmp_path):
    keys, read = [], []
    known, together = experiments.run.run_key, experiments.run.extract_together
    monkeypatch.setattr(experiments.run, "samples_of", planted)
    monkeypatch.setattr(
        experiments.run, "run_key", lambda plan, run, *a: keys.append(run) or known(plan, run, *a)
    )
    monkeypatch.setattr(
        experiments.run, "extract_together",
        lambda chains, *a, **k: read.append(len(chains)) or together(chains, *a, **k),
    )  # fmt: skip
    methods = ["tests.recipes.test_reproduce:METHOD", f"{__name__}:BREAKING"]
    plan = settings(None, {"dataset": "synthetic", "method": methods, "tuning": "fixed",
                           "out": str(tmp_path), "n_jobs": 1})  # fmt: skip
    first = list(run_experiment(plan))
    assert [run.method.name for run in keys] == ["brightness", "breaking"]
    assert first[0].complete and "told to" in first[1].reason and read == [3]
    monkeypatch.setattr(Failing, "fails", False)
    again = list(run_experiment(plan))
    assert len(keys) == 4 and read == [3, 2], "the strips and the method that is left"
    assert again[0].folder == first[0].folder and again[1].complete


def test_methods_may_be_named_with_commas():
    plan = settings(None, {"dataset": "synthetic", "method": "mdmo, lbp-top"})
    assert plan["method"] == ["mdmo", "lbp-top"]
    mine = settings(None, {"dataset": "synthetic", "method": ["a.b:c,d", "mdmo"]})
    assert mine["method"] == ["a.b:c,d", "mdmo"]
