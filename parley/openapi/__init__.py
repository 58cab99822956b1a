"""`/openapi.json`: OpenAPI 3.1 of the public address, made from the routes, the bodies' schemas and the problems."""
