package sql
import ("testing";"flag";"fmt";sp "vitess.io/vitess/go/vt/sqlparser")
func TestProbe(t *testing.T){
 flag.VisitAll(func(f *flag.Flag){ if len(f.Name)<5||f.Name[:5]!="test." {fmt.Printf("%s|%s|%T\n",f.Name,f.Usage,f.Value)}})
 p,err:=sp.New(sp.Options{})
 if err!=nil {t.Fatal(err)}
 for _,q:=range []string{
 "select `k:q!1:2`() from (select 1) as `k:anon` union select `k:set!1:2`() from (select 'n1:2:1') as `k:anon` order by a limit 'n1:2:1' offset `k:x`()",
 "select `k:q!1:2`() from (values row(1,2),row(3)) as `k:anon`",
 "with `a` as (with `b` as (select 1) select 2) select `k:q!1:2`() from (with `c` as (select 3) select 4) as `k:anon` limit 3",
 "select max(`sum@1:2`(a)) over (partition by b order by c rows between interval (`k:x`()) day preceding and unbounded following), `k:at!1:2`(a is null), max(f(1)) over w from (a join b) join c on 1 window `w` as (), window `v` as (`w` order by 1)",
 "select 1 from `a` join `b` join `c` left join `d` on 1 join `e` using (`x`,`y`) join lateral (select `k:view!1:1`(a)) as `t`",
 "select `k:neg!`(a) + 'x' as `b` where a like (b) escape 'n' and c between (1) and (2) and `k:sub`((select 1)) in (select 2) and exists (select 1) and a regexp (b)",
 "select a having `k:q`(1) ",
 "select a from lateral (select `k:tvf`(f(1))) as `a`",
 "select a from lateral (select 1) as `a` join lateral (select 2) as `b`",
 "select a from ((a join b)) join (c) on a in (1,2) group by `k:all`()",
 "select a from (select 1 from (select 2) as a) as `b`",
 "select distinct a from t",
 "select a, case x when 1 then 2 else 3 end, case when a then b end",
 "select 1 union all select 2 union select 3",
 "select 1 from a as `x\x1ea\nb\x00c`",
 }{
  st,err:=p.ParseStrictDDL(q)
  if err!=nil {fmt.Println("ERR",err,q);continue}
  fmt.Printf("%T %s\n",st,sp.String(st))
 }
}
