"""What is decoded from latents of several priors, beside real pictures."""
