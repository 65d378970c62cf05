"""Dead letters read back, put into words, and sent again once mended. The command around it is `pulse dead-letters`."""
