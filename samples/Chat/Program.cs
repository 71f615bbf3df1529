var builder = WebApplication.CreateBuilder(args);
var realtime = builder.Services.AddRealtime();
realtime.On<ChatMessage>("chat", async (context, message, ct) => await context.PublishAsync(message, ct));
var app = builder.Build();
app.MapRealtime("/ws");
app.MapRoomEvents("/sse");
app.UseDefaultFiles();
app.UseStaticFiles();
app.Run();

/// <summary>What somebody says.</summary>
internal sealed record ChatMessage(string Text);
