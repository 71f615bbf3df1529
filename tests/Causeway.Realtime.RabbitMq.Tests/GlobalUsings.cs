global using Causeway.Testing;
global using Microsoft.Extensions.DependencyInjection;
