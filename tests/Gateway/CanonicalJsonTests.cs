using System.Text;
using Budgets.ApiHost.Gateway;

namespace Budgets.Tests.Gateway;

/// <summary>Two requests are the same when they say the same, and only then.</summary>
public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[1,{"c":"x","d":null}]}""", """ { "b" : [ 1 , { "d" : null , "c" : "\u0078" } ] , "a" : 1 } """)]
    [InlineData("""{"é":"a/b"}""", """{"\u00e9":"a\/b"}""")]
    public void The_same_said_otherwise_is_the_same(string one, string other) => Of(one).Should().Equal(Of(other));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1.0}""")]
    [InlineData("""{"a":1}""", """{"a":"1"}""")]
    [InlineData("""{"a":null}""", """{}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":[12]}""", """{"a":[1,2]}""")]
    [InlineData("""{"a":[[1],2]}""", """{"a":[[1,2]]}""")]
    [InlineData("""{"a":{"x":1,"x":2}}""", """{"a":{"x":2,"x":1}}""")]
    [InlineData("""{"a":"b","c":"d"}""", """{"a":"b\",\"c\":\"d"}""")]
    [InlineData("""{"a":true}""", """{"a":"true"}""")]
    [InlineData("""{"a":{}}""", """{"a":[]}""")]
    public void What_differs_in_anything_differs(string one, string other) => Of(one).Should().NotEqual(Of(other));

    private static byte[] Of(string json)
    {
        using var canonical = new CanonicalJson(Encoding.UTF8.GetBytes(json));
        return canonical.Bytes.ToArray();
    }
}
