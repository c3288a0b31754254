"""The weekly digest: the same picture as the page in ten lines; its command is read by the program's help, which waits for nothing else."""
