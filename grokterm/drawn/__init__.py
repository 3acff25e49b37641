"""What each view of a run shows, in parts that a page or a figure draws: charts, maps, planes, tables, words."""
