"""What papers claim, trained again: studies, the figures that their logs give, and rules said beforehand."""
