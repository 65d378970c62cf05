"""Every score three ways: as told live, rebuilt from the facts by the same code, and by SQL alone. Are they one?"""
