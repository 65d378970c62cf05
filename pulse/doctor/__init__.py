"""What `pulse doctor` looks at: one check a component, each with a finding and what to do about it."""
