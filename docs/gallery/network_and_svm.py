"""A network beside an SVM

A small convolutional network is trained anew inside each fold, as everything that learns is, and
tested on the same people as a support vector machine on a handcrafted descriptor. Two folds of
four people and five epochs, to be quick: too little to learn much.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from mebench import evaluate, get_method, load

warnings.filterwarnings("ignore")
samples = load("synthetic", labels="3class")
people = samples.table["subject"].isin(samples.table["subject"].unique()[:4]).to_numpy()
apex = np.array([clip.apex is not None for clip in samples.clips])
some = samples.take(people & apex)

network = get_method("cnn-ststnet").build()
network.set_params(**{k: 5 for k in network.get_params() if k.endswith("__epochs")})
found = {
    "Bi-WOOF, SVM": evaluate("bi-woof", some, protocol="group-kfold:2", tuning="fixed"),
    "STSTNet": evaluate(network, some, protocol="group-kfold:2", tuning="fixed"),
}
figure, axes = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
for ax, (name, predictions) in zip(axes, found.items(), strict=True):
    confusion = predictions.confusion()
    ax.imshow(confusion, cmap="Blues")
    for (i, j), n in np.ndenumerate(confusion):
        ax.text(j, i, n, ha="center", va="center")
    ticks = range(len(predictions.classes))
    ax.set(title=name, xlabel="predicted", xticks=ticks, yticks=ticks)
    ax.set_xticklabels(predictions.classes, fontsize=8)
    ax.set_yticklabels(predictions.classes, fontsize=8)
    print(f"{name:13} {len(some)} clips, UF1 {predictions.scores()['uf1']:.3f}")
figure.savefig("confusion.svg")
