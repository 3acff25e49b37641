"""The eight chapters of the tour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grokterm.config import Value
from grokterm.tour import findings
from grokterm.tour.chapter import Chapter

_ADDED: Final[Mapping[str, Value]] = {
    "p": 53,
    "train_fraction": 0.6,
    "arch": "mlp",
    "width": 128,
    "d_model": 32,
    "lr": 5e-3,
    "weight_decay": 1.0,
    "pace": 50.0,
}
"""a + b mod 53 from 60 % of the pairs, which groks in about 800 steps."""
_QUICK: Final[Mapping[str, Value]] = {**_ADDED, "pace": 120.0}
"""The same for chapters that are about what comes after."""

CHAPTERS: Final = (
    Chapter(
        "by heart first, then by the rule",
        "A small network is shown 60 % of the sums a + b mod 53. Train is how many of these "
        "pairs it gets right, test how many of those it never sees. Train is at 100 % within "
        "seconds: it knows its pairs by heart. Test stays at the bottom.",
        "Does it stop there? Watch test; > takes more steps a second, < fewer.",
        findings.grokked,
        "Nothing was added meanwhile: the same pairs, over and over. What changed its mind? That is the next chapter.",
        _ADDED,
    ),
    Chapter(
        "weight decay is the lever",
        "The same network, without weight decay: wd 0 in the header. It learns the pairs by "
        "heart as before, the loss goes to nothing, and there is nothing left to learn from. "
        "It could stay so for ever.",
        "What does weight decay do? Press W until wd is about 1: the first presses are small.",
        findings.grokked_by_decay,
        "Weight decay shrinks all weights, and the rule gets by with smaller ones than the "
        "list. w halves it, down to 0 again.",
        {**_ADDED, "weight_decay": 0.0},
    ),
    Chapter(
        "the table, and time travel",
        "Press 3: the table of all pairs, a across and b downwards, in bright colours those "
        "it never sees. Every step that was logged can be looked at again: [ goes back, { ten "
        "times as far, ] and } go on.",
        "What did it know when it knew train by heart? Wait until test is at 99 %, then go back "
        "with { and [ until it is below 20 %.",
        findings.looked_back,
        "Go on with ] and see test pairs turn right all over the table, not one after another. enter returns to now.",
        _QUICK,
    ),
    Chapter(
        "it listens to a few frequencies",
        "Press 4: a bar for each frequency k, how strongly the embedding follows a wave that "
        "turns k times while a goes from 0 to 52. At first no bar is much above the others.",
        "Do bars stand out before test rises, or after? When it has grokked, press v and open 6, "
        "the waterfall: the bars of all steps.",
        findings.found_frequencies,
        "It adds with these waves: the next two chapters. esc closes the view, n opens the next one.",
        _QUICK,
    ),
    Chapter(
        "circles and clocks",
        "Press v and open 12, circles: each number stands on a ring for each frequency, as on "
        "the dial of a clock. Arrows choose the ring. Adding b is then a turn, and a full turn is 53: adding mod 53.",
        "Do single neurons turn, too? 400 steps after it has grokked, press v and open 17, "
        "clocks: the weights of neurons on dials.",
        findings.saw_clocks,
        "↓ shows more neurons, ? explains the view, n opens the next one: there are 28, each with a page of its own.",
        _QUICK,
    ),
    Chapter(
        "take it apart",
        "If it adds by a few frequencies, it must fail without them, and not miss the others. "
        "k shows the model with parts left out, beside the intact one; what trains is not touched.",
        "What is it without its key frequencies? When it has grokked: k, then e takes out the key ones.",
        findings.took_apart,
        "o is the other way round: with these alone it still knows all. backspace puts all back, arrows and x choose.",
        _QUICK,
    ),
    Chapter(
        "too little data",
        "A rule is worth its weights only where it saves many entries of a list. How much data "
        "a network is shown decides which one is cheaper: below a critical size, the list is.",
        "Can it forget a rule? When it has grokked, press c, go up to train fraction (↑, or "
        "the mouse), type .1 and press enter.",
        findings.forgot,
        "c again, back to .6: it finds the rule once more. grokterm reproduce ungrok looks for the critical size.",
        _QUICK,
    ),
    Chapter(
        "a control: random labels",
        "The same network and as many pairs, but every label is wrong, at random: there is no "
        "rule. Train accuracy counts the labels it is shown, test the true sums.",
        "It has learned all by heart, as before. Will it grok? Press > a few times; after step 2,000 press F.",
        findings.claimed_nothing,
        "That was the tour. grokterm starts a run of your own, ? shows all keys, and grokterm guide tells the rest.",
        {**_QUICK, "corrupt": 1.0},
    ),
)
