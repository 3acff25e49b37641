"""`grokterm bench`: how fast it is, each measure beside the plain loop that the field would write."""
