"""Lists that leave the office: made by a job, sealed on disk, opened only by who may still see what is in them."""
