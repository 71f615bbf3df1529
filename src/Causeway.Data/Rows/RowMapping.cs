using System.Data;
using System.Globalization;
using Dapper;

namespace Causeway.Data;

/// <summary>How rows become objects. Dapper keeps this for the whole process, so it is set once and the same for both databases.</summary>
internal static class RowMapping
{
    static RowMapping()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;

        // SQLite has numbers where PostgreSQL has booleans; without it a record with a bool could not be made of a row.
        SqlMapper.AddTypeHandler(new BooleanHandler());
    }

    /// <summary>Does nothing but that the settings above are made.</summary>
    public static void Configure()
    {
    }

    private sealed class BooleanHandler : SqlMapper.TypeHandler<bool>
    {
        public override bool Parse(object value) => value is bool flag ? flag : Convert.ToInt64(value, CultureInfo.InvariantCulture) != 0;

        public override void SetValue(IDbDataParameter parameter, bool value)
        {
            parameter.DbType = DbType.Boolean;
            parameter.Value = value;
        }
    }
}
