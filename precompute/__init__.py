"""The jobs that probe the models and write the stores. Runs on the GPU box."""
