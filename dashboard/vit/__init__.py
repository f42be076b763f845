"""The ViT's pages: attention, outline, masking, faithfulness."""
