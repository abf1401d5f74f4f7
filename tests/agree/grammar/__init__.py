"""A grammar of random SQL for random_statements.py: schema, expressions, queries, writes, all as shrinkable trees."""
