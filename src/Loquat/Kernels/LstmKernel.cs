using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// One time step of an LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) over the rows of a batch: gates in the order i, f, g, o;
/// c = f · c' + i · g, h = o · tanh c. With peepholes (Graves 2013, eqs. 7-11) i and f see p · c', o sees p · c.
/// </summary>
internal static unsafe class LstmKernel
{
    public struct Forward : IRangeBody
    {
        public float* Gates;            // (B, 4H). In: sums of the products. Out: i, f, g, o
        public float* Before, Cell;     // (B, H): c', c
        public float* Hidden;           // (B, H), overwritten
        public float* Peepholes;        // (3, H): of i, f, o; or null
        public long Width;

        public void Run(long begin, long end)
        {
            var width = Width;
            for (var row = begin; row < end; row++)
            {
                float* i = Gates + row * 4 * width, f = i + width, g = f + width, o = g + width;
                float* before = Before + row * width, cell = Cell + row * width, hidden = Hidden + row * width;
                for (long k = 0; k < width; k += Lanes.Count)
                {
                    var left = width - k;
                    var c = Lanes.Load<float, Single32>(before + k, left);
                    var (inSum, forgetSum, outSum) = (Lanes.Load<float, Single32>(i + k, left), Lanes.Load<float, Single32>(f + k, left), Lanes.Load<float, Single32>(o + k, left));
                    if (Peepholes != null)
                    {
                        inSum += Lanes.Load<float, Single32>(Peepholes + k, left) * c;
                        forgetSum += Lanes.Load<float, Single32>(Peepholes + width + k, left) * c;
                    }
                    var (input, forget, fresh) = (VectorMath.Sigmoid(inSum), VectorMath.Sigmoid(forgetSum), VectorMath.Tanh(Lanes.Load<float, Single32>(g + k, left)));
                    c = forget * c + input * fresh;
                    if (Peepholes != null) outSum += Lanes.Load<float, Single32>(Peepholes + 2 * width + k, left) * c;
                    var output = VectorMath.Sigmoid(outSum);
                    Lanes.Store<float, Single32>(i + k, input, left);
                    Lanes.Store<float, Single32>(f + k, forget, left);
                    Lanes.Store<float, Single32>(g + k, fresh, left);
                    Lanes.Store<float, Single32>(o + k, output, left);
                    Lanes.Store<float, Single32>(cell + k, c, left);
                    Lanes.Store<float, Single32>(hidden + k, output * VectorMath.Tanh(c), left);
                }
            }
        }
    }

    public struct Backward : IRangeBody
    {
        public float* Gates;            // (B, 4H): i, f, g, o
        public float* Before, Cell;     // (B, H): c', c
        public float* Dhidden;          // (B, H)
        public float* Dcell;            // (B, H). In: the gradient of c from later steps. Out: of c'
        public float* Dgates;           // (B, 4H), overwritten: of the sums of the products
        public float* Peepholes;        // (3, H) or null
        public long Width;

        public void Run(long begin, long end)
        {
            var width = Width;
            var one = Vector256<float>.One;
            for (var row = begin; row < end; row++)
            {
                float* gates = Gates + row * 4 * width, dgates = Dgates + row * 4 * width;
                var at = row * width;
                for (long k = 0; k < width; k += Lanes.Count)
                {
                    var left = width - k;
                    var (i, f) = (Lanes.Load<float, Single32>(gates + k, left), Lanes.Load<float, Single32>(gates + width + k, left));
                    var (g, o) = (Lanes.Load<float, Single32>(gates + 2 * width + k, left), Lanes.Load<float, Single32>(gates + 3 * width + k, left));
                    var t = VectorMath.Tanh(Lanes.Load<float, Single32>(Cell + at + k, left));
                    var dh = Lanes.Load<float, Single32>(Dhidden + at + k, left);
                    var dout = dh * t * o * (one - o);
                    var dc = Lanes.Load<float, Single32>(Dcell + at + k, left) + dh * o * (one - t * t);
                    if (Peepholes != null) dc += dout * Lanes.Load<float, Single32>(Peepholes + 2 * width + k, left);
                    var din = dc * g * i * (one - i);
                    var dforget = dc * Lanes.Load<float, Single32>(Before + at + k, left) * f * (one - f);
                    var dbefore = dc * f;
                    if (Peepholes != null)
                        dbefore += din * Lanes.Load<float, Single32>(Peepholes + k, left) + dforget * Lanes.Load<float, Single32>(Peepholes + width + k, left);
                    Lanes.Store<float, Single32>(dgates + k, din, left);
                    Lanes.Store<float, Single32>(dgates + width + k, dforget, left);
                    Lanes.Store<float, Single32>(dgates + 2 * width + k, dc * i * (one - g * g), left);
                    Lanes.Store<float, Single32>(dgates + 3 * width + k, dout, left);
                    Lanes.Store<float, Single32>(Dcell + at + k, dbefore, left);
                }
            }
        }
    }
}
