"""Alembic's entry: runs on the connection that ``pipeline.store.migrate`` hands over, inside its transaction."""

from alembic import context

from pipeline.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
