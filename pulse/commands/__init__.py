"""The commands of `pulse`, a module each, loaded only when they are called."""
