"""The tour on the screen: a run as it is watched, with a panel above the footer that asks and answers."""
