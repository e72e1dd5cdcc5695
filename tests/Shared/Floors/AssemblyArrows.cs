using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Loquat.Tests;

/// <summary>
/// Reads from a built assembly which namespace uses which. Whatever the compiler's output refers to counts: base types, signatures, attributes, local variables, and every
/// type, method and field in code, so that no arrow hides in a `var` or in a nested namespace that needs no `using`.
/// </summary>
internal sealed class AssemblyArrows : IDisposable
{
    private static readonly Dictionary<int, OperandType> _operands = typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => (int)(ushort)o.Value, o => o.OperandType);

    private readonly PEReader _file;
    private readonly MetadataReader _reader;
    private readonly Action<string, string, string> _arrow;
    private string _from = "";
    private string _place = "";

    private AssemblyArrows(string assembly, Action<string, string, string> arrow)
    {
        _file = new PEReader(File.OpenRead(assembly));
        (_reader, _arrow) = (_file.GetMetadataReader(), arrow);
    }

    /// <summary>Tells every use: the namespace that uses, the one that is used, and the member that does it.</summary>
    /// <param name="assembly">A path.</param>
    public static void Read(string assembly, Action<string, string, string> arrow)
    {
        using var arrows = new AssemblyArrows(assembly, arrow);
        foreach (var type in arrows._reader.TypeDefinitions) arrows.ReadType(type);
    }

    public void Dispose() => _file.Dispose();

    private void ReadType(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        _from = NamespaceOf(handle);
        var name = _place = _reader.GetString(type.Name);
        Use(type.BaseType);
        foreach (var one in type.GetInterfaceImplementations()) Use(_reader.GetInterfaceImplementation(one).Interface);
        Constraints(type.GetGenericParameters());
        Attributes(type.GetCustomAttributes());
        foreach (var one in type.GetFields())
        {
            var field = _reader.GetFieldDefinition(one);
            _place = $"{name}.{_reader.GetString(field.Name)}";
            field.DecodeSignature(new Signatures(this), null);
            Attributes(field.GetCustomAttributes());
        }
        foreach (var one in type.GetProperties()) Attributes(_reader.GetPropertyDefinition(one).GetCustomAttributes());
        foreach (var one in type.GetMethods())
        {
            var method = _reader.GetMethodDefinition(one);
            _place = $"{name}.{_reader.GetString(method.Name)}";
            method.DecodeSignature(new Signatures(this), null);
            Constraints(method.GetGenericParameters());
            Attributes(method.GetCustomAttributes());
            foreach (var parameter in method.GetParameters()) Attributes(_reader.GetParameter(parameter).GetCustomAttributes());
            if (method.RelativeVirtualAddress != 0) ReadBody(_file.GetMethodBody(method.RelativeVirtualAddress));
        }
    }

    private void ReadBody(MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil) _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(new Signatures(this), null);
        foreach (var region in body.ExceptionRegions) Use(region.CatchType);
        var code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            int operation = code.ReadByte();
            if (operation == 0xFE) operation = 0xFE00 | code.ReadByte();
            switch (_operands[operation])
            {
                case OperandType.InlineType or OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok:
                    Use(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineI or OperandType.InlineBrTarget or OperandType.InlineString or OperandType.InlineSig or OperandType.ShortInlineR:
                    code.Offset += 4;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.ShortInlineI or OperandType.ShortInlineVar or OperandType.ShortInlineBrTarget:
                    code.Offset += 1;
                    break;
            }
        }
    }

    private void Use(EntityHandle handle)
    {
        if (handle.IsNil) return;
        var signatures = new Signatures(this);
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                if (NamespaceOf((TypeDefinitionHandle)handle) is var to && to != _from) _arrow(_from, to, _place);
                break;
            case HandleKind.TypeSpecification:
                _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(signatures, null);
                break;
            case HandleKind.FieldDefinition:
                var field = _reader.GetFieldDefinition((FieldDefinitionHandle)handle);
                Use(field.GetDeclaringType());
                field.DecodeSignature(signatures, null);
                break;
            case HandleKind.MethodDefinition:
                var method = _reader.GetMethodDefinition((MethodDefinitionHandle)handle);
                Use(method.GetDeclaringType());
                method.DecodeSignature(signatures, null);
                break;
            case HandleKind.MemberReference:
                var member = _reader.GetMemberReference((MemberReferenceHandle)handle);
                Use(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Field) member.DecodeFieldSignature(signatures, null);
                else member.DecodeMethodSignature(signatures, null);
                break;
            case HandleKind.MethodSpecification:
                var generic = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                Use(generic.Method);
                generic.DecodeSignature(signatures, null);
                break;
        }
    }

    private void Attributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var one in attributes) Use(_reader.GetCustomAttribute(one).Constructor);
    }

    private void Constraints(GenericParameterHandleCollection parameters)
    {
        foreach (var parameter in parameters)
            foreach (var constraint in _reader.GetGenericParameter(parameter).GetConstraints()) Use(_reader.GetGenericParameterConstraint(constraint).Type);
    }

    private string NamespaceOf(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer ? NamespaceOf(outer) : _reader.GetString(type.Namespace);
    }

    /// <summary>Uses every type that a signature names.</summary>
    private sealed class Signatures(AssemblyArrows arrows) : ISignatureTypeProvider<int, object?>
    {
        public int GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            arrows.Use(handle);
            return 0;
        }

        public int GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
        {
            arrows.Use(handle);
            return 0;
        }

        public int GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => 0;

        public int GetArrayType(int elementType, ArrayShape shape) => 0;

        public int GetByReferenceType(int elementType) => 0;

        public int GetFunctionPointerType(MethodSignature<int> signature) => 0;

        public int GetGenericInstantiation(int genericType, ImmutableArray<int> typeArguments) => 0;

        public int GetGenericMethodParameter(object? genericContext, int index) => 0;

        public int GetGenericTypeParameter(object? genericContext, int index) => 0;

        public int GetModifiedType(int modifier, int unmodifiedType, bool isRequired) => 0;

        public int GetPinnedType(int elementType) => 0;

        public int GetPointerType(int elementType) => 0;

        public int GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;

        public int GetSZArrayType(int elementType) => 0;
    }
}
