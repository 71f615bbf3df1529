using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Causeway.Relay;

/// <summary>
/// The memory that the server receives into and sends from. Its own comes in blocks of 4 KB, so that 64 reads make 256 KB. These are of 64 KB while few
/// are in use, and of 4 KB beyond that, so that a crowd of slow clients holds no more than before.
/// </summary>
internal sealed class TransportBlocks : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private const int SmallBytes = 4_096;
        private const int LargeBytes = 65_536;
        private const int MaxLargeInUse = 32;
        private const int MaxLargeKept = 32;
        private const int MaxSmallKept = 4_096;

        private readonly Lock _gate = new();
        private readonly Stack<Block> _large = new();
        private readonly Stack<Block> _small = new();
        private int _largeInUse;

        public override int MaxBufferSize => LargeBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, LargeBytes);
            bool isLarge;
            lock (_gate)
            {
                isLarge = minBufferSize > SmallBytes || _largeInUse < MaxLargeInUse;
                _largeInUse += isLarge ? 1 : 0;

                // The one that was returned last is the one that the processor's caches still know.
                if ((isLarge ? _large : _small).TryPop(out var block))
                {
                    return block;
                }
            }

            return new Block(this, isLarge ? LargeBytes : SmallBytes);
        }

        // The server disposes its pools after everything that rents; what is returned later goes to the garbage collector.
        protected override void Dispose(bool disposing)
        {
            lock (_gate)
            {
                _large.Clear();
                _small.Clear();
            }
        }

        private void Return(Block block)
        {
            lock (_gate)
            {
                if (block.Memory.Length == SmallBytes)
                {
                    Keep(_small, MaxSmallKept);
                }
                else
                {
                    _largeInUse--;
                    Keep(_large, MaxLargeKept);
                }
            }

            void Keep(Stack<Block> kept, int most)
            {
                if (kept.Count < most)
                {
                    kept.Push(block);
                }
            }
        }

        private sealed class Block(Pool pool, int bytes) : IMemoryOwner<byte>
        {
            private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);

            public Memory<byte> Memory => _bytes;

            public void Dispose() => pool.Return(this);
        }
    }
}
