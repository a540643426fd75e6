"""The web app: server-rendered pages over the same actions as the command line; it computes nothing itself."""
