"""Local OIDC issuer (D14): discovery, keys and tokens in one small process; production uses the gemeente's own provider."""
