global using System.Text.Json;
global using System.Text.Json.Nodes;
global using Causeway.Data;
global using Causeway.Testing;
global using Microsoft.AspNetCore.Builder;
global using Microsoft.Extensions.DependencyInjection;
