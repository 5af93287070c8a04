package sql

import (
	"slices"
	"strings"
)

// keyword is the identity of a word of Spark's grammar, so that the rewriter compares numbers and not strings.
// The zero keyword is any other word.
type keyword uint16

// The words that the code asks for by name. Their order is that of namedKeywords; every other keyword of Spark's
// grammar only matters to completion and highlighting.
const (
	notKeyword keyword = iota
	kwAll
	kwAlter
	kwAnalyze
	kwAnd
	kwAnti
	kwAny
	kwAs
	kwAsc
	kwBegin
	kwBetween
	kwBoth
	kwBucket
	kwBy
	kwCache
	kwCascade
	kwCase
	kwCast
	kwClear
	kwCluster
	kwCodegen
	kwCollate
	kwColumns
	kwComment
	kwCost
	kwCreate
	kwCross
	kwCube
	kwCurrent
	kwDatabase
	kwDatabases
	kwDate
	kwDateAdd
	kwDateDiff
	kwDateadd
	kwDatediff
	kwDay
	kwDesc
	kwDescribe
	kwDistinct
	kwDistribute
	kwDiv
	kwDrop
	kwElse
	kwEnd
	kwEscape
	kwExcept
	kwExclude
	kwExists
	kwExplain
	kwExtended
	kwExtract
	kwFalse
	kwFilter
	kwFirst
	kwFollowing
	kwFor
	kwFormatted
	kwFrom
	kwFull
	kwFunction
	kwFunctions
	kwGlobal
	kwGroup
	kwGrouping
	kwHaving
	kwIdentifier
	kwIf
	kwIgnore
	kwIlike
	kwIn
	kwInclude
	kwInner
	kwInsert
	kwIntersect
	kwInterval
	kwInto
	kwIs
	kwJoin
	kwLast
	kwLateral
	kwLazy
	kwLeading
	kwLeft
	kwLevel
	kwLike
	kwLimit
	kwLocal
	kwMap
	kwMax
	kwMinus
	kwMonth
	kwName
	kwNamespace
	kwNamespaces
	kwNatural
	kwNot
	kwNull
	kwNulls
	kwOf
	kwOffset
	kwOn
	kwOptions
	kwOr
	kwOrder
	kwOut
	kwOuter
	kwOver
	kwOverlay
	kwOverwrite
	kwPartition
	kwPercent
	kwPivot
	kwPlacing
	kwPosition
	kwPreceding
	kwPurge
	kwQualify
	kwQuery
	kwRange
	kwRecursion
	kwRecursive
	kwReduce
	kwRegexp
	kwRepeatable
	kwReplace
	kwReset
	kwRespect
	kwRestrict
	kwRight
	kwRlike
	kwRollup
	kwRow
	kwRows
	kwSchema
	kwSchemas
	kwSelect
	kwSemi
	kwSet
	kwSets
	kwShow
	kwSome
	kwSort
	kwStream
	kwString
	kwSubstr
	kwSubstring
	kwSystemTime
	kwSystemVersion
	kwTable
	kwTables
	kwTablesample
	kwTblproperties
	kwTemp
	kwTemporary
	kwThen
	kwTime
	kwTimediff
	kwTimestamp
	kwTimestampadd
	kwTimestampdiff
	kwTimestampLtz
	kwTimestampNtz
	kwTo
	kwTrailing
	kwTransform
	kwTrim
	kwTrue
	kwTryCast
	kwUnbounded
	kwUncache
	kwUnion
	kwUnknown
	kwUnpivot
	kwUse
	kwUsing
	kwValues
	kwVersion
	kwView
	kwViews
	kwWhen
	kwWhere
	kwWindow
	kwWith
	kwWithin
	kwWithout
	kwYear
	kwZone
	namedEnd
)

const namedKeywords = `ALL ALTER ANALYZE AND ANTI ANY AS ASC BEGIN BETWEEN BOTH BUCKET BY CACHE CASCADE CASE CAST CLEAR CLUSTER CODEGEN COLLATE
COLUMNS COMMENT COST CREATE CROSS CUBE CURRENT DATABASE DATABASES DATE DATE_ADD DATE_DIFF DATEADD DATEDIFF DAY DESC DESCRIBE DISTINCT
DISTRIBUTE DIV DROP ELSE END ESCAPE EXCEPT EXCLUDE EXISTS EXPLAIN EXTENDED EXTRACT FALSE FILTER FIRST FOLLOWING FOR FORMATTED FROM FULL FUNCTION FUNCTIONS
GLOBAL GROUP GROUPING HAVING IDENTIFIER IF IGNORE ILIKE IN INCLUDE INNER INSERT INTERSECT INTERVAL INTO IS JOIN LAST LATERAL LAZY
LEADING LEFT LEVEL LIKE LIMIT LOCAL MAP MAX MINUS MONTH NAME NAMESPACE NAMESPACES NATURAL NOT NULL NULLS OF OFFSET ON OPTIONS OR
ORDER OUT OUTER OVER OVERLAY OVERWRITE PARTITION PERCENT PIVOT PLACING POSITION PRECEDING PURGE QUALIFY QUERY RANGE RECURSION
RECURSIVE REDUCE REGEXP REPEATABLE REPLACE RESET RESPECT RESTRICT RIGHT RLIKE ROLLUP ROW ROWS SCHEMA SCHEMAS SELECT SEMI SET SETS
SHOW SOME SORT STREAM STRING SUBSTR SUBSTRING SYSTEM_TIME SYSTEM_VERSION TABLE TABLES TABLESAMPLE TBLPROPERTIES TEMP TEMPORARY
THEN TIME TIMEDIFF TIMESTAMP TIMESTAMPADD TIMESTAMPDIFF TIMESTAMP_LTZ TIMESTAMP_NTZ TO TRAILING TRANSFORM TRIM TRUE TRY_CAST
UNBOUNDED UNCACHE UNION UNKNOWN UNPIVOT USE USING VALUES VERSION VIEW VIEWS WHEN WHERE WINDOW WITH WITHIN WITHOUT YEAR ZONE`

const otherKeywords = `ADD AFTER ALWAYS ANTI ANY_VALUE ARCHIVE ARRAY AT ATOMIC AUTHORIZATION BIGINT BINARY BINDING BOOLEAN BUCKETS BYTE CALL CALLED
CATALOG CATALOGS CHANGE CHAR CHARACTER CHECK CLUSTERED COLLATION COLLATIONS COLLECTION COLUMN COMMIT COMPACT COMPACTIONS COMPENSATION COMPUTE
CONCATENATE CONDITION CONSTRAINT CONTAINS CONTINUE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATA DAYOFYEAR DAYS DBPROPERTIES DEC
DECIMAL DECLARE DEFAULT DEFINED DEFINER DELETE DELIMITED DETERMINISTIC DFS DIRECTORIES DIRECTORY DO DOUBLE ELSEIF ENFORCED ESCAPED EVOLUTION
EXCHANGE EXECUTE EXIT EXPORT EXTERNAL FETCH FIELDS FILEFORMAT FLOAT FOREIGN FORMAT FOUND GENERATED HANDLER HOUR HOURS IDENTITY IMMEDIATE IMPORT
INCREMENT INDEX INDEXES INPATH INPUT INPUTFORMAT INT INTEGER INVOKER ITEMS ITERATE KEY KEYS LANGUAGE LEAVE LINES LIST LOAD LOCATION LOCK LOCKS LOGICAL LONG
LOOP MACRO MATCHED MERGE METRICS MICROSECOND MICROSECONDS MILLISECOND MILLISECONDS MINUTE MINUTES MODIFIES MONTHS MSCK NANOSECOND NANOSECONDS
NEXT NO NONE NORELY NUMERIC ONLY OPTION OUTPUTFORMAT OVERLAPS PARTITIONED PARTITIONS PRIMARY PRINCIPALS PROCEDURE PROCEDURES
PROPERTIES QUARTER READS REAL RECORDREADER RECORDWRITER RECOVER REFERENCES REFRESH RELY RENAME REPAIR REPEAT RESIGNAL RETURN RETURNS REVOKE GRANT
ROLE ROLES ROLLBACK SECOND SECONDS SECURITY SEPARATED SERDE SERDEPROPERTIES SESSION_USER SETMINUS SHORT SIGNAL SINGLE SKEWED SMALLINT SORTED SOURCE SPECIFIC SQL
SQLEXCEPTION SQLSTATE START STATISTICS STORED STRATIFY STRUCT SYNC TARGET TERMINATED TIMEDIFF TINYINT TOUCH TRANSACTION TRANSACTIONS TRUNCATE TRY_CAST TYPE
UNARCHIVE UNIQUE UNLOCK UNSET UNTIL UPDATE USER VALUE VAR VARCHAR VARIABLE VARIABLES VARIANT VOID WATERMARK WEEK WEEKS WHILE X YEARS`

// keywordIDs maps the upper-case words to their ids; words that no code asks for share namedEnd.
var keywordIDs, keywordList = buildKeywords()

func buildKeywords() (map[string]keyword, []string) {
	named := strings.Fields(namedKeywords)
	if len(named) != int(namedEnd)-1 {
		panic("sql: the keyword constants and their names differ in number")
	}
	ids := make(map[string]keyword, 400)
	for _, w := range strings.Fields(otherKeywords) {
		ids[w] = namedEnd
	}
	for i, w := range named {
		ids[w] = keyword(i + 1)
	}
	list := make([]string, 0, len(ids))
	for w := range ids {
		list = append(list, w)
	}
	slices.Sort(list)
	return ids, list
}

// Keywords returns the keywords of Spark's grammar, upper-case and sorted. Hardly any of them is reserved.
func Keywords() []string { return slices.Clone(keywordList) }

const longestKeyword = 20

// lookupKeyword finds the id of a word in any case, without allocating.
func lookupKeyword(word string) keyword {
	if len(word) > longestKeyword {
		return notKeyword
	}
	var upper [longestKeyword]byte
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	return keywordIDs[string(upper[:len(word)])]
}

// keywordSet is a set of named keywords.
type keywordSet [(int(namedEnd) + 64) / 64]uint64

func setOf(words ...keyword) (s keywordSet) {
	for _, w := range words {
		s.add(w)
	}
	return s
}

func (s *keywordSet) add(w keyword) { s[w>>6] |= 1 << (w & 63) }

func (s *keywordSet) has(w keyword) bool { return s[w>>6]&(1<<(w&63)) != 0 }
