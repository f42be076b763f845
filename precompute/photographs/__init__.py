"""What the photographs report is made from: a real pretrained ViT and free photographs."""
