"""What keys do on the watch screen: a handler a subject, each knowing the screen by a narrow protocol."""
