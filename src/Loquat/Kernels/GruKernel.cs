using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// One time step of a GRU (Cho et al. 2014, with the reset gate after the recurrent product, as torch has it) over the rows of a batch: gates in the order r, z, n;
/// n = tanh(x_n + r · h_n), h = (1 - z) · n + z · h'.
/// </summary>
internal static unsafe class GruKernel
{
    public struct Forward : IRangeBody
    {
        public float* Gates;            // (B, 3H). In: products of the input. Out: r, z, n
        public float* Recurrent;        // (B, 3H): products of the state; those of n are looked at again by the backward pass
        public float* Before, Hidden;   // (B, H): h', h
        public long Width;

        public void Run(long begin, long end)
        {
            var width = Width;
            for (var row = begin; row < end; row++)
            {
                float* gates = Gates + row * 3 * width, recurrent = Recurrent + row * 3 * width;
                for (long k = 0; k < width; k += Lanes.Count)
                {
                    var left = width - k;
                    var r = VectorMath.Sigmoid(Lanes.Load<float, Single32>(gates + k, left) + Lanes.Load<float, Single32>(recurrent + k, left));
                    var z = VectorMath.Sigmoid(Lanes.Load<float, Single32>(gates + width + k, left) + Lanes.Load<float, Single32>(recurrent + width + k, left));
                    var n = VectorMath.Tanh(Lanes.Load<float, Single32>(gates + 2 * width + k, left) + r * Lanes.Load<float, Single32>(recurrent + 2 * width + k, left));
                    Lanes.Store<float, Single32>(gates + k, r, left);
                    Lanes.Store<float, Single32>(gates + width + k, z, left);
                    Lanes.Store<float, Single32>(gates + 2 * width + k, n, left);
                    Lanes.Store<float, Single32>(Hidden + row * width + k, n + z * (Lanes.Load<float, Single32>(Before + row * width + k, left) - n), left);
                }
            }
        }
    }

    public struct Backward : IRangeBody
    {
        public float* Gates, Recurrent; // (B, 3H)
        public float* Before, Dhidden;  // (B, H)
        public float* Dbefore;          // (B, H): the part that does not go through a product is added
        public float* Dgates;           // (B, 3H), overwritten: of the products of the input
        public float* Drecurrent;       // (B, 3H), overwritten: of the products of the state
        public long Width;

        public void Run(long begin, long end)
        {
            var width = Width;
            var one = Vector256<float>.One;
            for (var row = begin; row < end; row++)
            {
                float* gates = Gates + row * 3 * width, dgates = Dgates + row * 3 * width, drecurrent = Drecurrent + row * 3 * width;
                var at = row * width;
                for (long k = 0; k < width; k += Lanes.Count)
                {
                    var left = width - k;
                    var (r, z, n) = (Lanes.Load<float, Single32>(gates + k, left), Lanes.Load<float, Single32>(gates + width + k, left), Lanes.Load<float, Single32>(gates + 2 * width + k, left));
                    var dh = Lanes.Load<float, Single32>(Dhidden + at + k, left);
                    var dn = dh * (one - z) * (one - n * n);
                    var dz = dh * (Lanes.Load<float, Single32>(Before + at + k, left) - n) * z * (one - z);
                    var dr = dn * Lanes.Load<float, Single32>(Recurrent + row * 3 * width + 2 * width + k, left) * r * (one - r);
                    Lanes.Store<float, Single32>(dgates + k, dr, left);
                    Lanes.Store<float, Single32>(dgates + width + k, dz, left);
                    Lanes.Store<float, Single32>(dgates + 2 * width + k, dn, left);
                    Lanes.Store<float, Single32>(drecurrent + k, dr, left);
                    Lanes.Store<float, Single32>(drecurrent + width + k, dz, left);
                    Lanes.Store<float, Single32>(drecurrent + 2 * width + k, dn * r, left);
                    Lanes.Store<float, Single32>(Dbefore + at + k, Lanes.Load<float, Single32>(Dbefore + at + k, left) + dh * z, left);
                }
            }
        }
    }
}
