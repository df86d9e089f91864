using System.Runtime.InteropServices;
using TorchSharp;

namespace LisaOrleans.Model;

/// <summary>
/// Makes libtorch take the memory of tensors on the CPU from malloc, instead of posix_memalign. For an aligned block glibc looks for
/// a hole that is larger than the block by the alignment, and leaves what is over before and behind it to small objects; so the hole
/// of a tensor is often too small for another one of the same size, and a step's activations take a half more than they are. Of malloc, all
/// blocks are asked for with the same room for the alignment, so that holes are filled.
/// </summary>
/// <remarks>
/// Tensors begin at multiples of 64 as before, which the bits of some kernels depend on. libtorch lets its allocator be replaced in
/// C++ only: here it is a copy of its own (c10::DefaultCPUAllocator of libtorch 2.10) with another <c>allocate</c>, in machine code,
/// because an error of libtorch must not pass through managed code, and because tensors are freed after the runtime has ended, too.
/// Where anything is not as expected (another processor, no glibc, another libtorch), libtorch keeps its own.
/// </remarks>
internal static unsafe partial class TensorAllocator
{
    // Virtual functions of c10::Allocator, in their order.
    private const int Allocate = 2;
    private const int IsSimple = 3;
    private const int RawDeleter = 4;
    private const int CopyData = 5;
    private const int Functions = 6;

    // A table of virtual functions begins with an offset and the type.
    private const int Ahead = 2;

    // c10::Device(CPU): type 0, index -1.
    private const ushort Cpu = 0xff00;

    // sys/mman.h
    private const int Read = 1;
    private const int Write = 2;
    private const int Execute = 4;
    private const int PrivateAnonymous = 0x22;

    // In the code: where the function begins that gives the deleter, and where the addresses of malloc, free and libtorch's allocate are.
    private const int DeleterCode = 0x73;
    private const int Addresses = 0x80;

    private static readonly Lazy<bool> s_installed = new(Install);

    // DataPtr allocate(this, size_t n): in rdi the result's address, in rsi this, in rdx n. What is to be freed stands before the data. Of 0
    // bytes, or of more than there are, libtorch makes what it makes of them: it knows what to throw.
    private static ReadOnlySpan<byte> Code =>
    [
        0xf3, 0x0f, 0x1e, 0xfa,                     // endbr64
        0x48, 0x8d, 0x42, 0xff,                     // lea rax, [rdx - 1]
        0x48, 0xc1, 0xe8, 0x2f,                     // shr rax, 47
        0x75, 0x3d,                                 // jnz libtorchs
        0x57,                                       // push rdi
        0x56,                                       // push rsi
        0x52,                                       // push rdx
        0x48, 0x8d, 0x7a, 0x40,                     // lea rdi, [rdx + 64]
        0xff, 0x15, 0x65, 0x00, 0x00, 0x00,         // call [malloc]
        0x5a,                                       // pop rdx
        0x5e,                                       // pop rsi
        0x5f,                                       // pop rdi
        0x48, 0x85, 0xc0,                           // test rax, rax
        0x74, 0x28,                                 // jz libtorchs
        0x48, 0x8d, 0x48, 0x47,                     // lea rcx, [rax + 71]
        0x48, 0x83, 0xe1, 0xc0,                     // and rcx, -64
        0x48, 0x89, 0x41, 0xf8,                     // mov [rcx - 8], rax
        0x48, 0x89, 0x0f,                           // mov [rdi], rcx: the data
        0x48, 0x89, 0x4f, 0x10,                     // mov [rdi + 16], rcx: what the deleter gets
        0x48, 0x8d, 0x0d, 0x14, 0x00, 0x00, 0x00,   // lea rcx, [delete]
        0x48, 0x89, 0x4f, 0x08,                     // mov [rdi + 8], rcx: the deleter
        0x66, 0xc7, 0x47, 0x18, 0x00, 0xff,         // mov word [rdi + 24], Cpu
        0x48, 0x89, 0xf8,                           // mov rax, rdi
        0xc3,                                       // ret
        0xff, 0x25, 0x3f, 0x00, 0x00, 0x00,         // libtorchs: jmp [libtorch's allocate]

        // void delete(void* data), also for what was allocated by libtorch's own.
        0xf3, 0x0f, 0x1e, 0xfa,                     // endbr64
        0x48, 0x85, 0xff,                           // test rdi, rdi
        0x74, 0x18,                                 // jz nothing
        0x48, 0x8b, 0x47, 0xf8,                     // mov rax, [rdi - 8]
        0x48, 0x89, 0xf9,                           // mov rcx, rdi
        0x48, 0x29, 0xc1,                           // sub rcx, rax
        0x48, 0x83, 0xf9, 0x40,                     // cmp rcx, 64
        0x48, 0x0f, 0x46, 0xf8,                     // cmovbe rdi, rax: no size of a block, which else stands there, is that near
        0xff, 0x25, 0x16, 0x00, 0x00, 0x00,         // jmp [free]
        0xc3,                                       // nothing: ret

        // DeleterFnPtr raw_deleter(this)
        0xf3, 0x0f, 0x1e, 0xfa,                     // endbr64
        0x48, 0x8d, 0x05, 0xd3, 0xff, 0xff, 0xff,   // lea rax, [delete]
        0xc3,                                       // ret
    ];

    /// <summary>Installs it for the whole process, once; call before the first large tensors.</summary>
    /// <returns>Whether it is installed.</returns>
    public static bool Use() => s_installed.Value;

    private static bool Install()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return false;

        // So that TorchSharp has loaded libtorch, from wherever it is.
        torch.InitializeDeviceType(DeviceType.CPU);
        if (!NativeLibrary.TryLoad("libc.so.6", out _) || !NativeLibrary.TryLoad("libc10.so", out var library)
            || Symbol(library, "_ZN3c1015GetCPUAllocatorEv") is not (not 0 and var get)
            || Symbol(library, "_ZN3c1015SetCPUAllocatorEPNS_9AllocatorEh") is not (not 0 and var set)
            || Symbol(library, "_ZTVN3c1019DefaultCPUAllocatorE") is not (not 0 and var defaults)
            || Symbol(library, "_ZTVN3c109AllocatorE") is not (not 0 and var bases))
        {
            return false;
        }

        var own = *(nint**)((delegate* unmanaged[Cdecl]<nint>)get)();
        var abstracts = (nint*)bases + Ahead;
        if (own != (nint*)defaults + Ahead || !IsAsExpected(library, own, abstracts)) return false;

        // Those of the whole program, which may have another malloc loaded before.
        var program = NativeLibrary.GetMainProgramHandle();
        var code = CodeOf(Symbol(program, "malloc"), Symbol(program, "free"), own[Allocate]);
        if (code == 0) return false;

        // The object is nothing but the address of its functions. It lives as long as the process.
        var copy = (nint*)NativeMemory.AllocZeroed(1 + Ahead + Functions, (nuint)sizeof(nint));
        var table = copy + 1;
        new ReadOnlySpan<nint>(own - Ahead, Ahead + Functions).CopyTo(new Span<nint>(table, Ahead + Functions));
        *copy = (nint)(table + Ahead);
        table[Ahead + Allocate] = code;
        table[Ahead + RawDeleter] = code + DeleterCode;
        ((delegate* unmanaged[Cdecl]<nint, byte, void>)set)((nint)copy, 0);
        return true;
    }

    // Whether the functions are in the order that is known, and what allocate gives has the known form.
    private static bool IsAsExpected(nint library, nint* own, nint* abstracts)
    {
        if (abstracts[Allocate] != abstracts[CopyData] || own[Allocate] == abstracts[Allocate] || own[IsSimple] != abstracts[IsSimple]
            || own[IsSimple] != Symbol(library, "_ZNK3c109Allocator18is_simple_data_ptrERKNS_7DataPtrE") || own[RawDeleter] == abstracts[RawDeleter])
        {
            return false;
        }

        var tried = default(DataPtr);
        var self = (nint)(&own);
        ((delegate* unmanaged[Cdecl]<DataPtr*, nint, nuint, DataPtr*>)own[Allocate])(&tried, self, 1);
        var deleter = ((delegate* unmanaged[Cdecl]<nint, nint>)own[RawDeleter])(self);
        if (tried.Data == 0 || tried.Context != tried.Data || tried.Deleter != deleter || tried.Device != Cpu) return false;
        ((delegate* unmanaged[Cdecl]<nint, void>)deleter)(tried.Context);
        return true;
    }

    // The code with its addresses, in pages of its own that can be executed and not be written to; 0 where the system refuses that.
    private static nint CodeOf(nint malloc, nint free, nint libtorchs)
    {
        if (malloc == 0 || free == 0) return 0;
        var length = (nuint)Environment.SystemPageSize;
        var pages = Map(0, length, Read | Write, PrivateAnonymous, -1, 0);
        if (pages == -1) return 0;
        Code.CopyTo(new Span<byte>((void*)pages, Addresses));
        var addresses = (nint*)(pages + Addresses);
        (addresses[0], addresses[1], addresses[2]) = (malloc, free, libtorchs);
        return Protect(pages, length, Read | Execute) == 0 ? pages : 0;
    }

    private static nint Symbol(nint library, string name) => NativeLibrary.TryGetExport(library, name, out var address) ? address : 0;

    [LibraryImport("libc.so.6", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc.so.6", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    // c10::DataPtr
    [StructLayout(LayoutKind.Sequential)]
    private struct DataPtr
    {
        public nint Data;
        public nint Deleter;
        public nint Context;
        public ushort Device;
    }
}
