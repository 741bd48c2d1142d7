"""What a run tells of the norms of its model, in little memory."""
