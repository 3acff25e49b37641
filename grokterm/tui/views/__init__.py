"""Views of a model, one at a time over the whole screen: what each shows, asks for and draws."""
