"""Others' weights as a run: reading their files, recognising their layouts, and measuring what they hold."""
