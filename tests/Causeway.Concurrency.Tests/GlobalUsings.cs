global using Causeway.Testing;
